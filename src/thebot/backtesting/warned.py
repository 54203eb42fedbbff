"""What a simulation has to tell besides its figures, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from thebot.backtesting.trades import ENDINGS, RoundTrip, Trades
from thebot.market import Candles, Instrument
from thebot.market.quality import moment


def warnings_of(
    trades: Trades, counts: np.void, series: Sequence[Candles], instruments: Sequence[Instrument | None]
) -> tuple[str, ...]:
    """The warnings of a run; `counts` is the account's record, a `Purse`."""
    told = [
        _halted(trade, series[trades.symbols.index(trade.symbol)], several=len(series) > 1)
        for trade in trades.where(trades.ending == ENDINGS.index("halt"))
    ]
    if refused := int(counts["refused"]):
        told.append(_refused(counts, series, instruments))
        if refused > 1:
            told.append(f"{refused} orders in all were refused.")
    if withdrawn := int(counts["withdrawn"]):
        plural = "s" if withdrawn > 1 else ""
        told.append(f"{withdrawn} order{plural} decided right before a halt had to be withdrawn.")
    if unknown := int(counts["unknown"]):
        entries = "1 entry was" if unknown == 1 else f"{unknown} entries were"
        told.append(f"{entries} left out: stop, target, limit or size was not known at the close.")
    if beside := int(counts["beside"]):
        entries = "1 entry was" if beside == 1 else f"{beside} entries were"
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


def _refused(counts: np.void, series: Sequence[Candles], instruments: Sequence[Instrument | None]) -> str:
    """Of the first order that was."""
    symbol = int(counts["refused_symbol"])
    row = int(counts["refused_row"]) - sum(len(candles) for candles in series[:symbol])
    at = moment(int(series[symbol].open_time[row]))
    instrument, why = instruments[symbol], None
    if instrument is not None:
        why = instrument.refusal(
            price=Decimal(int(counts["refused_price"])) * instrument.tick,
            quantity=Decimal(int(counts["refused_quantity"])) * instrument.step,
        )
    return f"The order of {at} was refused: {why or 'there was no money left for it'}."
