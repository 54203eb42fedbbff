"""Strategy, costs, account and instruments put as numbers for the compiled simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from thebot.backtesting.kernel_state import STATE, Terms
from thebot.market import Instrument, Timeframe
from thebot.market.timeframe import DAY
from thebot.strategy import Strategy
from thebot.strategy.exits import AtPrice, Distance, Percent
from thebot.strategy.orders import LimitOrder
from thebot.strategy.sizing import CappedKelly, EquityFraction, FixedAmount, RiskFraction, Sizing
from thebot.trading import rules
from thebot.trading.allocation import Account
from thebot.trading.allowed import require_cash, require_side
from thebot.trading.costs import Costs
from thebot.trading.counting import Counting

nan: Final = float("nan")
inf: Final = float("inf")


def terms(
    strategy: Strategy,
    timeframe: Timeframe,
    symbols: int,
    *,
    steps: int,
    detailed: bool,
    account: Account,
    costs: Costs,
    target_first: bool,
) -> Terms:
    """What a strategy says besides its decisions. Raises BadSetting for a short on a spot account."""
    require_side(strategy.label, account, shorts=strategy.shorts)
    exits, order = strategy.exits, strategy.order
    stop, target, trailing = _kind(exits.stop), _kind(exits.target), _kind(exits.trailing)
    break_even = _kind(exits.break_even)
    limit = _kind(order.offset if isinstance(order, LimitOrder) else None)
    sizing, size, at_most, after, least = _size(strategy.sizing)
    return Terms(
        steps=steps,
        detailed=detailed,
        ranked=account.allocation.rank is not None,
        stop_kind=stop[0],
        stop_share=stop[1],
        target_kind=target[0],
        target_share=target[1],
        trailing_kind=trailing[0],
        trailing_share=trailing[1],
        break_even_kind=break_even[0],
        break_even_share=break_even[1],
        limit_kind=limit[0],
        limit_share=limit[1],
        limit_candles=order.candles if isinstance(order, LimitOrder) else 0,
        expires=exits.expires_ms(timeframe) or 0,
        cooldown=strategy.cooldown_ms(timeframe),
        sizing=sizing,
        size=size,
        at_most=at_most,
        after=after,
        least=least,
        year=math.sqrt(365 * DAY / timeframe.nominal_ms),
        most_open=account.allocation.most(symbols),
        part=float(account.allocation.share(symbols)),
        fee=float(costs.fee),
        maker_fee=float(costs.fee if costs.maker_fee is None else costs.maker_fee),
        share=float(costs.share),
        range_share=float(costs.range_share),
        impact=float(costs.impact),
        participation=inf if costs.participation is None else float(costs.participation),
        borrow=float(costs.borrow),
        target_first=bool(target_first),
    )


def _kind(distance: Distance | None) -> tuple[int, float]:
    """The kind as `rules.away` takes it (-1: none), and the share of a percentage."""
    if distance is None:
        return -1, nan
    if isinstance(distance, Percent):
        return 1, float(distance.share)
    return (2 if isinstance(distance, AtPrice) else 0), nan


def _size(sizing: Sizing) -> tuple[int, float, float, int, float]:
    """Its kind, its number, the most of the equity, and what Kelly waits for and takes meanwhile."""
    if isinstance(sizing, FixedAmount):
        return rules.AMOUNT, float(sizing.amount), 1.0, 0, 0.0
    if isinstance(sizing, EquityFraction):
        return rules.FRACTION, float(sizing.fraction), 1.0, 0, 0.0
    if isinstance(sizing, RiskFraction):
        return rules.RISK, float(sizing.fraction), float(sizing.at_most), 0, 0.0
    if isinstance(sizing, CappedKelly):
        return rules.KELLY, float(sizing.cap), 1.0, int(sizing.after), float(sizing.least)
    return rules.VOLATILITY, float(sizing.yearly), float(sizing.at_most), 0, 0.0


def book(
    instruments: Sequence[Instrument | None], lengths: Sequence[int], *, account: Account, costs: Costs
) -> np.ndarray:
    """The record of each symbol before anything happened: shape (symbols,), of `STATE`.

    Raises BadSetting for cash below what an order must be worth.
    """
    records = np.zeros(len(instruments), STATE)
    first = 0
    for number, (instrument, length) in enumerate(zip(instruments, lengths, strict=True)):
        counting, p = Counting.of(instrument), records[number]
        p["symbol"], p["first"], p["end"], p["whole"] = number, first, first + length, counting.whole
        first += length
        p["unit"] = float(Fraction(counting.tick) * Fraction(counting.step))
        for name in ("tick_over", "tick_under", "step_over", "step_under"):
            p[name] = getattr(counting, name)
        p["fixed"] = costs.fixed * counting.tick_under / counting.tick_over
        p["max_quantity"] = inf
        for name in ("stop", "first_stop", "target", "limit"):
            p[name] = nan
        p["turn"] = p["entered_row"] = p["filled_row"] = -1
        if instrument is not None:
            _filters(p, instrument, account)
    return records


def _filters(p: np.void, instrument: Instrument, account: Account) -> None:
    require_cash(instrument, account)
    step, tick = Fraction(instrument.step), Fraction(instrument.tick)
    p["min_quantity"] = float(Fraction(instrument.min_quantity) / step)
    if instrument.max_quantity is not None:
        p["max_quantity"] = float(Fraction(instrument.max_quantity) / step)
    p["min_value"] = float(Fraction(instrument.min_value) / (tick * step))
