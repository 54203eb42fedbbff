"""From Binance's answers to the market's own nouns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Final

import msgspec
import numpy as np

from thebot.exchange.binance.messages import (
    MICROSECONDS_FROM,
    DepthAnswer,
    ExchangeInfo,
    Filter,
    KlineRow,
    RateLimit,
    SymbolInfo,
    decode_symbol,
)
from thebot.exchange.ports import Depth
from thebot.market import Candles, Instrument, IntArray, Symbol, Timeframe
from thebot.market.quality import check
from thebot.resilience import WeightLimit

_SPANS: Final = {"SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}  # ms
_NONE: Final = Filter(kind="")
_EXACT: Final = Context(prec=400)  # the default of 28 digits could round what the exchange wrote


def candles_of(rows: Sequence[KlineRow], symbol: Symbol, timeframe: Timeframe) -> Candles:
    """Columns of kline rows. Raises BadCandles if a row is impossible or out of order.

    The exchange's close time (it ends in ...999) is not used: ours is the next candle's open time.
    """
    if not rows:
        return Candles.empty(symbol, timeframe)
    return check(
        Candles(
            symbol=symbol,
            timeframe=timeframe,
            open_time=in_milliseconds(np.array([r.open_time for r in rows], np.int64)),
            open=np.array([r.open for r in rows]),
            high=np.array([r.high for r in rows]),
            low=np.array([r.low for r in rows]),
            close=np.array([r.close for r in rows]),
            volume=np.array([r.volume for r in rows]),
            quote_volume=np.array([r.quote_volume for r in rows]),
            trades=np.array([r.trades for r in rows], np.int64),
            taker_buy_volume=np.array([r.taker_buy_volume for r in rows]),
        )
    )


def in_milliseconds(times: IntArray) -> IntArray:
    """Times in ms, of which some may be in microseconds."""
    return np.where(times > MICROSECONDS_FROM, times // 1000, times)


def instruments_of(info: ExchangeInfo, left_out: Callable[[bytes, str], object]) -> dict[Symbol, Instrument]:
    """The spot pairs, by symbol. One that cannot be read is left out, and `left_out` is told its text and
    why."""
    found: dict[Symbol, Instrument] = {}
    for text in info.symbols:
        try:
            each = decode_symbol(text)
            found[each.symbol] = _instrument(each)
        except (msgspec.MsgspecError, InvalidOperation, ValueError) as error:
            left_out(bytes(text), str(error))
    return found


def _instrument(info: SymbolInfo) -> Instrument:
    filters = {each.kind: each for each in info.filters}
    price, lot = filters.get("PRICE_FILTER", _NONE), filters.get("LOT_SIZE", _NONE)
    value = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or _NONE
    # A filter whose unit is 0 is switched off: then the finest that the exchange writes holds.
    return Instrument(
        symbol=info.symbol,
        base=info.base,
        quote=info.quote,
        tick=_decimal(price.tick) or Decimal("0.00000001"),
        step=_decimal(lot.step) or Decimal("0.00000001"),
        min_quantity=_decimal(lot.min_quantity),
        max_quantity=_decimal(lot.max_quantity) or None,
        min_value=_decimal(value.min_value),
        trading=info.status == "TRADING" and info.spot,
    )


def _decimal(text: str | None) -> Decimal:
    """Without the zeros at the end: tick 0.01000000 is 0.01."""
    if text is None:
        return Decimal(0)
    value = Decimal(text)
    if not value.is_finite() or value < 0:
        raise ValueError(f"{text!r} is not a size")
    return Decimal(f"{value.normalize(_EXACT):f}")


def weight_limits_of(limits: Sequence[RateLimit]) -> list[WeightLimit]:
    """The limits on request weight among all that the exchange names."""
    return [
        WeightLimit(span=_SPANS[each.interval] * each.count, limit=each.limit)
        for each in limits
        if each.kind == "REQUEST_WEIGHT" and each.interval in _SPANS
    ]


def retry_after(headers: Mapping[str, str], status: int) -> float:
    """Seconds for which an answer with status 429 or 418 tells us to stay away."""
    otherwise = 60.0 if status == 429 else 120.0
    try:
        seconds = float(headers.get("Retry-After", otherwise))
    except ValueError:
        return otherwise
    return max(1.0, seconds) if math.isfinite(seconds) else otherwise


def depth_of(answer: DepthAnswer, symbol: Symbol) -> Depth:
    bids, asks = np.array(answer.bids).reshape(-1, 2), np.array(answer.asks).reshape(-1, 2)
    return Depth(
        symbol=symbol,
        update_id=answer.update_id,
        bid=bids[:, 0],
        bid_quantity=bids[:, 1],
        ask=asks[:, 0],
        ask_quantity=asks[:, 1],
    )
