"""What a record itself says for and against its strategy, in sentences with the numbers in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from thebot.backtesting import metrics
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.summary import duration
from thebot.backtesting.trial import FEW_TRADES
from thebot.market.timeframe import DAY

# The 95 % interval of a win rate near one half is 1 / sqrt(trades) to both sides: 18 points with 30 trades,
# 10 with 100.
ENOUGH_TRADES: Final = 100
# Spreads double in a rush and a fee class is easily lost: costs half as high again are to be expected.
THIN_MARGIN: Final = 1.5  # of the break-even cost over what trading cost
SAFE_MARGIN: Final = 3.0
LUCKY_SHARE: Final = 0.5  # of the growth, from one month: as much as from all others together
LEAST_MONTHS: Final = 6  # with fewer the best one is always a large part
BEST_TRADES: Final = 5
SHORT_SPAN: Final = 365 * DAY  # less has not seen a rise, a fall and a standstill
LONG_DRAWDOWN: Final = 365 * DAY  # few hold on for longer
DEEP_DRAWDOWN: Final = -0.5  # takes a doubling to make up
RUIN: Final = -0.9  # takes ten times the rest to make up: nobody does
TINY_EXPOSURE: Final = 0.02  # a week a year
DOUBTFUL_SHARE: Final = 0.05  # of the trades


@dataclass(frozen=True, slots=True)
class Good:
    text: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    text: str


@dataclass(frozen=True, slots=True)
class Killer:
    """What would kill it."""

    text: str


Evidence: TypeAlias = Good | Doubtful | Killer


def of_record(record: TrackRecord) -> Iterator[Evidence]:
    """Everything that the record says, the gravest questions first."""
    if not len(record.trades):
        yield Killer("There is no trade to judge.")
        return
    for about in (_result, _trades, _costs, _month, _best_trades, _market, _falls, _fills, _span):
        yield from about(record)


def _trades(record: TrackRecord) -> Iterator[Evidence]:
    count = len(record.trades)
    named = "One trade is" if count == 1 else f"{count:,} trades are"
    either = f"with so many the share that wins is known to {100 / math.sqrt(count):.0f} points either way"
    if count < FEW_TRADES:
        yield Killer(f"{named} too few to tell skill from luck: {FEW_TRADES} are the least.")
    elif count < ENOUGH_TRADES:
        yield Doubtful(f"{named} few: {either}.")
    else:
        yield Good(f"{named} enough to judge: {either}.")


def _result(record: TrackRecord) -> Iterator[Evidence]:
    gain, interval = record.total_return, record.intervals["sharpe_ratio"]
    if not gain > 0:
        yield Killer(f"It lost {-gain:.2%} after costs." if gain < 0 else "It earned nothing after costs.")
    between = f"{interval.low:.2f} to {interval.high:.2f}"
    if gain > 0 and interval.low > 0:
        yield Good(
            f"It made {gain:.2%} after costs, and a Sharpe ratio of {interval.point:.2f} that chance alone "
            f"hardly gives: the 95% interval is {between}."
        )
    elif gain > 0 and math.isfinite(interval.low):
        yield Doubtful(
            f"It made {gain:.2%} after costs, which may be luck: the 95% interval of its Sharpe ratio "
            f"({interval.point:.2f}) is {between}, with zero in it."
        )


def _costs(record: TrackRecord) -> Iterator[Evidence]:
    room, rate = record.break_even_cost, record.cost_rate
    if rate == 0:
        yield Doubtful("No costs are in it. Nobody trades for nothing: run it with the costs you would pay.")
    elif room <= 0:
        yield Killer("It would have lost even if trading cost nothing.")
    elif room <= rate:
        yield Killer(
            f"Costs eat it: before them it earns {room:.1f} bp of what it trades, and they are {rate:.1f} bp."
        )
    else:
        share = record.costs_paid / (record.costs_paid + math.fsum(record.profits.tolist()))
        told = f"took {share:.0%} of what it earned. At {room:.1f} bp they would take all"
        if room < THIN_MARGIN * rate:
            yield Killer(f"Costs of {rate:.1f} bp each way {told}: a little more kills it.")
        elif room < SAFE_MARGIN * rate:
            yield Doubtful(f"Costs of {rate:.1f} bp each way {told}.")
        else:
            yield Good(f"It stands higher costs: {rate:.1f} bp each way {told}.")


def _month(record: TrackRecord) -> Iterator[Evidence]:
    gain = record.total_return
    months = metrics.monthly_returns(record.instants, record.curve)
    if not gain > 0 or len(months) < LEAST_MONTHS:
        return
    best = max(months, key=lambda month: month.gain)
    name = str(np.datetime64(best.start, "ms").astype("datetime64[M]"))
    without = (1 + gain) / (1 + best.gain) - 1
    share = math.log1p(best.gain) / math.log1p(gain)
    if without <= 0:
        yield Killer(
            f"One lucky month carries it: without {name} ({best.gain:+.2%}) it would lose {-without:.2%}."
        )
    elif share > LUCKY_SHARE:
        yield Doubtful(f"One month, {name} ({best.gain:+.2%}), made {share:.0%} of its growth.")
    else:
        yield Good(f"No month carries it: without the best, {name}, it would still have made {without:.2%}.")


def _best_trades(record: TrackRecord) -> Iterator[Evidence]:
    profits = np.sort(record.profits)
    total = math.fsum(profits.tolist())
    if not total > 0 or len(profits) < FEW_TRADES:
        return
    one, some = total - float(profits[-1]), total - math.fsum(profits[-BEST_TRADES:].tolist())
    if one <= 0:
        yield Killer(f"One lucky trade carries it: without the best it would have lost {-one:,.2f}.")
    elif some <= 0:
        yield Doubtful(
            f"Its {BEST_TRADES} best trades of {len(profits):,} made all the profit: without them it would "
            f"have lost {-some:,.2f}."
        )
    else:
        yield Good(f"Without its {BEST_TRADES} best trades it would still have earned {some / total:.0%}.")


def _falls(record: TrackRecord) -> Iterator[Evidence]:
    longest, deepest = record.longest_drawdown, record.max_drawdown
    if longest > LONG_DRAWDOWN:
        yield Doubtful(f"It was below an earlier high for {duration(longest)}: few hold on for that long.")
    if deepest <= DEEP_DRAWDOWN:
        back = "next to nothing was left"
        if deepest > RUIN:
            back = f"to make that up takes a gain of {-deepest / (1 + deepest):.0%}"
        yield Doubtful(f"It fell by {-deepest:.0%} from its high: {back}.")


def _market(record: TrackRecord) -> Iterator[Evidence]:
    gain, held = record.total_return, record.buy_and_hold
    if gain <= 0 and held <= gain:
        return
    calmer = record.max_drawdown / 2 > metrics.max_drawdown(record.market_curve)
    if held > gain:
        but = " It fell less than half as deep, though." if calmer and gain > 0 else ""
        yield Doubtful(f"Buying and holding did better: {held:+.2%} against {gain:+.2%}.{but}")
    else:
        yield Good(f"It did better than buying and holding: {gain:+.2%} against {held:+.2%}.")


def _fills(record: TrackRecord) -> Iterator[Evidence]:
    count = record.doubtful_trades
    if not count or record.at_best is None:
        return
    worst, best = record.total_return, record.at_best / record.start_equity - 1
    if count > DOUBTFUL_SHARE * len(record.trades) or (worst <= 0 < best):
        yield Doubtful(
            f"In {count:,} of {len(record.trades):,} trades stop and target lay within one candle. The stop "
            f"was taken to come first ({worst:+.2%}); had it been the target, it would be {best:+.2%}. "
            "Smaller candles (detail) can tell."
        )


def _span(record: TrackRecord) -> Iterator[Evidence]:
    span, exposure = record.end - record.start, record.exposure
    if span < SHORT_SPAN:
        yield Doubtful(f"{duration(span)} of data show one kind of market: try it on other years.")
    if exposure < TINY_EXPOSURE:
        yield Doubtful(
            f"It was in the market {exposure:.1%} of the time: all rests on {duration(exposure * span)}."
        )
