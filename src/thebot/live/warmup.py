"""What a lane begins with: the exchange's history, and the longer timeframes up to the middle of theirs."""

from __future__ import annotations

from thebot.exchange.ports import MarketSource
from thebot.live.history import History
from thebot.live.lane import Derived, Lane, SeededResampler
from thebot.market import TIMEFRAMES, Candle, Candles, Timeframe
from thebot.market.timeframe import MINUTE


async def load_lane(source: MarketSource, lane: Lane) -> None:
    """Give the lane its history. Raises ExchangeError."""
    candles = await source.candles(lane.symbol, lane.timeframe, limit=lane.history.kept)
    lane.load(candles)
    lane.history.whole = len(candles) < lane.history.kept


async def load_derived(source: MarketSource, lane: Lane, timeframe: Timeframe) -> Derived:
    """The longer `timeframe` as it stands at the lane's newest candle, put into `lane.derived`.

    Raises ExchangeError.
    """
    while True:
        at = lane.next_open
        history = History(lane.symbol, timeframe, lane.history.kept)
        own = await source.candles(lane.symbol, timeframe, limit=history.kept)
        begun = await _beginning(source, lane, timeframe) if at is not None else None
        if at is None or (
            lane.next_open is not None and timeframe.floor(lane.next_open) == timeframe.floor(at)
        ):
            break  # else a long candle has closed while we asked: what we have is too old

    closed = own.rows(slice(0, int((own.close_time <= (at or 0)).sum())))
    history.load(closed)
    history.whole = len(own) < history.kept
    resampler = SeededResampler(lane.timeframe, timeframe)
    resampler.begin_whole()
    if at is not None:
        _seed(resampler, lane, timeframe.floor(at), begun)
    derived = Derived(history, resampler)
    lane.derived[timeframe] = derived
    lane.derived = dict(sorted(lane.derived.items()))
    return derived


async def spark_history(source: MarketSource, lane: Lane, span: int, step: int) -> Candles:
    """Closed candles that cover `span` ms in steps of at most `step` ms, if there are any such.

    From memory where that reaches far enough, else by one question.
    """
    kept = [lane.history, *(each.history for each in lane.derived.values())]
    for history in kept:
        enough = history.whole or len(history) * history.timeframe.nominal_ms >= span
        if enough and len(history) and history.timeframe.nominal_ms <= step:
            return history.candles(span // history.timeframe.nominal_ms + 1)
    fine = Timeframe(f"{step // MINUTE}m") if step < 60 * MINUTE else Timeframe("1h")
    if lane.timeframe <= fine:
        return await source.candles(lane.symbol, fine, limit=span // fine.nominal_ms)
    return lane.history.candles(max(2, span // lane.timeframe.nominal_ms))


async def _beginning(source: MarketSource, lane: Lane, timeframe: Timeframe) -> Candles | None:
    """The first part of the unfinished long candle, where the lane's own history does not reach back so far.

    Asked for in the longest timeframe of which the lane can make up the rest.
    """
    at, first = lane.next_open, lane.history.first_open
    if at is None or first is None:
        return None
    begin = timeframe.floor(at)
    if first <= begin:
        return None
    reach = at - first
    steps = [
        each
        for each in TIMEFRAMES
        if lane.timeframe.divides(each)
        and each.divides(timeframe)
        and each < timeframe
        and each.nominal_ms <= reach
    ]
    step = max(steps, default=lane.timeframe)
    return await source.candles(lane.symbol, step, start=begin, end=step.floor(at))


def _seed(resampler: SeededResampler, lane: Lane, begin: int, begun: Candles | None) -> None:
    parts: list[Candles] = []
    pieces = 0
    if begun is not None and len(begun):
        parts.append(begun)
        span = int(begun.close_time[-1]) - int(begun.open_time[0])
        pieces += span // lane.timeframe.nominal_ms
        begin = int(begun.close_time[-1])
    rest = lane.history.since(begin)
    if len(rest):
        parts.append(rest)
        pieces += len(rest)
    if parts:
        resampler.seed(_sum(parts, resampler.to), pieces)


def _sum(parts: list[Candles], to: Timeframe) -> Candle:
    """One candle of all these."""
    return Candle(
        symbol=parts[0].symbol,
        timeframe=to,
        open_time=to.floor(int(parts[0].open_time[0])),
        open=float(parts[0].open[0]),
        high=max(float(part.high.max()) for part in parts),
        low=min(float(part.low.min()) for part in parts),
        close=float(parts[-1].close[-1]),
        volume=sum(float(part.volume.sum()) for part in parts),
        closed=False,
    )
