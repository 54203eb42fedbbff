"""What a simulation has to tell besides its figures, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from thebot.backtesting.trades import ENDINGS, RoundTrip, Trades
from thebot.market import Candles, Instrument
from thebot.market.quality import moment
from thebot.trading.filling import NO_MONEY


@dataclass(slots=True, kw_only=True)
class NotTraded:
    """What was wanted and came to nothing."""

    refused: int = 0  # orders that the filters did not let through, and of the first of them when and why
    refused_at: int = 0  # ms UTC
    why: str = ""
    withdrawn: int = 0  # orders, at a halt
    unknown: int = 0  # entries whose size or levels were not known at the close
    beside: int = 0  # entries whose stop or target was not on its side of the entry price


def warnings_of(trades: Trades, missed: NotTraded, series: Sequence[Candles]) -> tuple[str, ...]:
    """The warnings of a run on these candles."""
    told = [
        _halted(trade, series[trades.symbols.index(trade.symbol)], several=len(series) > 1)
        for trade in trades.where(trades.ending == ENDINGS.index("halt"))
    ]
    if missed.refused:
        told.append(f"The order of {moment(missed.refused_at)} was refused: {missed.why}.")
        if missed.refused > 1:
            told.append(f"{missed.refused} orders in all were refused.")
    if missed.withdrawn:
        plural = "s" if missed.withdrawn > 1 else ""
        told.append(f"{missed.withdrawn} order{plural} decided right before a halt had to be withdrawn.")
    if missed.unknown:
        entries = "1 entry was" if missed.unknown == 1 else f"{missed.unknown} entries were"
        told.append(f"{entries} left out: stop, target, limit or size was not known at the close.")
    if missed.beside:
        entries = "1 entry was" if missed.beside == 1 else f"{missed.beside} entries were"
        told.append(f"{entries} left out: the stop or the target was not on its side of the entry price.")
    held = int((trades.ending == ENDINGS.index("end of data")).sum())
    if held == 1:
        sold = trades[int(np.flatnonzero(trades.ending == ENDINGS.index("end of data"))[0])].side == "long"
        told.append(
            "A position was still held at the end; it counts as "
            f"{'sold' if sold else 'bought back'} at the last close."
        )
    elif held:
        told.append(f"{held} positions were still held at the end; they count as closed at the last close.")
    return tuple(told)


def _halted(trade: RoundTrip, candles: Candles, *, several: bool) -> str:
    row = int(np.searchsorted(candles.open_time, trade.left_at))
    before, after = float(candles.close[row - 1]), float(candles.open[row])
    sold, lower = ("sold", "lower") if trade.side == "long" else ("bought back", "higher")
    return (
        f"{f'{trade.symbol}: a' if several else 'A'} position was held into the halt from "
        f"{moment(int(candles.close_time[row - 1]))} until {moment(trade.left_at)}. It counts as {sold} when "
        f"trading resumed, at the {lower} of the last price before ({before:.8g}) and the first after "
        f"({after:.8g}); what it would really have fetched nobody knows."
    )


def not_traded(
    counts: np.void, series: Sequence[Candles], instruments: Sequence[Instrument | None]
) -> NotTraded:
    """The same from the account's record of a compiled run, a `Purse`."""
    missed = NotTraded(
        refused=int(counts["refused"]),
        withdrawn=int(counts["withdrawn"]),
        unknown=int(counts["unknown"]),
        beside=int(counts["beside"]),
    )
    if missed.refused:
        symbol = int(counts["refused_symbol"])
        row = int(counts["refused_row"]) - sum(len(candles) for candles in series[:symbol])
        missed.refused_at, instrument = int(series[symbol].open_time[row]), instruments[symbol]
        why = None
        if instrument is not None:
            why = instrument.refusal(
                price=Decimal(int(counts["refused_price"])) * instrument.tick,
                quantity=Decimal(int(counts["refused_quantity"])) * instrument.step,
            )
        missed.why = why or NO_MONEY
    return missed
