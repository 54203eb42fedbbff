"""Everything that a record says, as one catalogue of figures with their units, meanings and intervals.

Whoever shows a record (the terminal, the report, the dashboard, JSON) reads it here, so that a figure has one
name, one title and one definition everywhere.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from thebot.backtesting import metrics
from thebot.backtesting.bootstrap import Interval
from thebot.backtesting.performance import Performance
from thebot.market.quality import moment

Unit: TypeAlias = Literal["fraction", "ratio", "quote", "bp", "count", "ms", "date"]
Better: TypeAlias = Literal["higher", "lower"]

UNKNOWN: Final = "unknown"
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_FOR_PROGRAMS: Final = re.compile(r" \(ms( UTC)?\)|[,;:] nan[^.]*|, 0\.\.1")
_BEYOND: Final = 10_000.0  # a fraction: above it people are told no digits


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is the same of a figure in every record. `name` is the property."""

    name: str
    title: str
    unit: Unit
    better: Better | None = None
    signed: bool = False  # shown with its sign: it may be a gain or a loss
    digits: int = 2  # of a fraction in percent


_KINDS: Final[dict[str, tuple[_Kind, ...]]] = {
    "Return": (
        _Kind("total_return", "Return after costs", "fraction", "higher", True),
        _Kind("annual_return", "Return a year", "fraction", "higher", True),
        _Kind("net_profit", "Profit after costs", "quote", "higher", True),
        _Kind("buy_and_hold", "Buy and hold, same costs", "fraction", None, True),
        _Kind("alpha", "Alpha a year", "fraction", "higher", True),
        _Kind("beta", "Beta to buy and hold", "ratio"),
    ),
    "Ratios": (
        _Kind("sharpe_ratio", "Sharpe ratio, a year", "ratio", "higher"),
        _Kind("sortino_ratio", "Sortino ratio, a year", "ratio", "higher"),
        _Kind("calmar_ratio", "Calmar ratio", "ratio", "higher"),
        _Kind("omega_ratio", "Omega ratio", "ratio", "higher"),
    ),
    "Risk": (
        _Kind("volatility", "Volatility a year", "fraction", "lower"),
        _Kind("max_drawdown", "Deepest drawdown", "fraction", "higher"),
        _Kind("max_drawdown_start", "Deepest drawdown from", "date"),
        _Kind("max_drawdown_trough", "Deepest drawdown at its lowest", "date"),
        _Kind("max_drawdown_recovery", "Deepest drawdown made up", "date"),
        _Kind("max_drawdown_duration", "Deepest drawdown lasted", "ms", "lower"),
        _Kind("longest_drawdown", "Longest drawdown", "ms", "lower"),
        _Kind("average_drawdown", "Average drawdown", "fraction", "higher"),
        _Kind("average_drawdown_duration", "Average drawdown lasted", "ms", "lower"),
        _Kind("ulcer_index", "Ulcer index", "fraction", "lower"),
        _Kind("value_at_risk", "Value at risk, worst 5%", "fraction", "higher"),
        _Kind("cvar", "Mean of the worst 5%", "fraction", "higher"),
    ),
    "Trades": (
        _Kind("trades", "Trades", "count"),
        _Kind("win_rate", "Trades won", "fraction", "higher", digits=1),
        _Kind("profit_factor", "Profit factor", "ratio", "higher"),
        _Kind("expectancy", "Profit of a trade", "quote", "higher", True),
        _Kind("average_gain", "Gain of a trade", "fraction", "higher", True),
        _Kind("payoff_ratio", "Payoff ratio", "ratio", "higher"),
        _Kind("system_quality_number", "System quality (SQN)", "ratio", "higher"),
        _Kind("kelly_fraction", "Kelly fraction", "fraction", "higher", True, 1),
        _Kind("average_r", "R multiple of a trade", "ratio", "higher", True),
        _Kind("best_trade", "Best trade", "fraction", "higher", True),
        _Kind("worst_trade", "Worst trade", "fraction", "higher", True),
        _Kind("average_holding_time", "Time in a trade", "ms"),
        _Kind("longest_winning_streak", "Most won in a row", "count", "higher"),
        _Kind("longest_losing_streak", "Most lost in a row", "count", "lower"),
    ),
    "Within trades": (
        _Kind("mfe", "Best price on the way (MFE)", "fraction", "higher", True),
        _Kind("mae", "Worst price on the way (MAE)", "fraction", "higher", True),
        _Kind("edge_ratio", "Edge ratio (MFE to MAE)", "ratio", "higher"),
        _Kind("kept", "Winners kept of their best", "fraction", "higher", digits=1),
        _Kind("winners_worst", "95% of winners fell less than", "fraction", "higher", True),
        _Kind("losers_best", "Losers were ahead by", "fraction", None, True),
        _Kind("doubtful_trades", "Order within a candle unknown", "count", "lower"),
    ),
    "Costs": (
        _Kind("exposure", "Time in the market", "fraction", digits=1),
        _Kind("turnover", "Equity traded, times a year", "ratio"),
        _Kind("fees", "Fees paid", "quote", "lower"),
        _Kind("slippage_paid", "Spread and slippage paid", "quote", "lower"),
        _Kind("costs_paid", "Costs paid", "quote", "lower"),
        _Kind("cost_rate", "Cost of what was traded", "bp", "lower"),
        _Kind("break_even_cost", "Break-even cost", "bp", "higher"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a record. `value` is nan where it is not known; dates and durations are in ms."""

    name: str  # of the property of the record
    title: str
    value: float
    unit: Unit
    group: str
    definition: str  # one sentence
    better: Better | None = None
    signed: bool = False
    digits: int = 2
    interval: Interval | None = None  # None: not a headline figure

    @property
    def text(self) -> str:
        """As people read it, with its unit."""
        return said(self.value, self.unit, signed=self.signed, digits=self.digits)

    @property
    def interval_text(self) -> str:
        """Between what it would lie by chance; empty where that is not known."""
        if self.interval is None or math.isnan(self.interval.low):
            return ""
        ends = (self.interval.low, self.interval.high)
        low, high = (said(end, self.unit, signed=self.signed, digits=self.digits) for end in ends)
        return f"{low} to {high}"

    @property
    def plain_value(self) -> float | int | str | None:
        """Fit for JSON: dates in ISO 8601, None for unknown."""
        if not math.isfinite(self.value):
            return None
        if self.unit == "date":
            return iso(int(self.value))
        return int(self.value) if self.unit in ("count", "ms") else self.value

    def plain(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        interval = self.interval
        return {
            "name": self.name,
            "title": self.title,
            "value": self.plain_value,
            "text": self.text,
            "unit": self.unit,
            "group": self.group,
            "definition": self.definition,
            "better": self.better,
            "low": None if interval is None else plain_number(interval.low),
            "high": None if interval is None else plain_number(interval.high),
            "interval_text": self.interval_text,
        }


def figures(record: Performance) -> dict[str, Figure]:
    """Every figure of `record` by its name, group by group."""
    return {
        kind.name: Figure(
            name=kind.name,
            title=kind.title,
            value=_value(record, kind.name),
            unit=kind.unit,
            group=group,
            definition=definition(kind.name),
            better=kind.better,
            signed=kind.signed,
            digits=kind.digits,
            interval=record.intervals.get(kind.name),
        )
        for group, kinds in _KINDS.items()
        for kind in kinds
    }


def _value(record: Performance, name: str) -> float:
    return float(len(record.trades) if name == "trades" else getattr(record, name))


def definition(name: str) -> str:
    """What the figure of that name says, in a sentence: from its docstring, as people read it."""
    if name == "trades":
        return "How many positions were entered and left."
    told = str(getattr(Performance, name).__doc__).strip().splitlines()[0]
    return _FOR_PROGRAMS.sub("", told).replace("5 %", "5%").replace("95 %", "95%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A record by calendar, and its trades by what they have in common."""

    months: tuple[metrics.YearOfReturns, ...]
    weeks: tuple[metrics.CalendarReturn, ...]
    sides: tuple[metrics.TradeGroup, ...]
    reasons: tuple[metrics.TradeGroup, ...]  # of exit
    symbols: tuple[metrics.TradeGroup, ...]
    weekdays: tuple[metrics.TradeGroup, ...]  # of the entry, UTC
    hours: tuple[metrics.TradeGroup, ...]  # of the entry, UTC

    def plain(self) -> dict[str, Any]:
        """Ready for JSON; unknown is None."""
        groups = ("sides", "reasons", "symbols", "weekdays", "hours")
        return {
            "months": [
                {
                    "year": year.year,
                    "months": [*map(plain_number, year.months)],
                    "gain": plain_number(year.gain),
                }
                for year in self.months
            ],
            "weeks": [{"start": iso(week.start), "gain": plain_number(week.gain)} for week in self.weeks],
            **{name: [_plain(group) for group in getattr(self, name)] for name in groups},
        }


def tables(record: Performance) -> Tables:
    """Returns by month and week; trades by side, reason of exit, symbol, weekday and hour of the entry."""
    trades, time, curve = record.trades, record.instants, record.curve
    gains, profits = trades.gain, trades.profit
    return Tables(
        months=metrics.monthly_table(time, curve),
        weeks=metrics.weekly_returns(time, curve),
        sides=metrics.by_side(trades.sides, gains=gains, profits=profits),
        reasons=metrics.by_reason(trades.endings, gains=gains, profits=profits),
        symbols=metrics.by_symbol(trades.names, gains=gains, profits=profits),
        weekdays=metrics.by_weekday(trades.entered_at, gains=gains, profits=profits),
        hours=metrics.by_hour(trades.entered_at, gains=gains, profits=profits),
    )


def said(value: float, unit: Unit, *, signed: bool = False, digits: int = 2) -> str:
    """A value as people read it, with its unit.

    >>> said(0.1234, "fraction", signed=True), said(90_000_000, "ms"), said(12.5, "bp")
    ('+12.34%', '1 d 1 h', '12.5 bp')
    """
    if math.isnan(value):
        return UNKNOWN
    sign = "+" if signed and value else ""
    if unit == "fraction":
        if abs(value) > _BEYOND:
            return f"{'beyond ' if value > 0 else 'beyond -'}1,000,000%"
        return f"{value:{sign},.{digits}%}"
    if unit in ("ratio", "bp"):
        return f"{value:{sign},.2f}" if unit == "ratio" else f"{value:,.1f} bp"
    if unit == "quote":
        small = 0 < abs(value) < 1  # of an account in bitcoin
        return f"{value:{sign},.4g}" if small else f"{value:{sign},.2f}"
    if unit == "count":
        return f"{value:,.0f}"
    return moment(int(value)) if unit == "date" else duration(value)


def duration(ms: float) -> str:
    """A time in days and hours, or hours and minutes.

    >>> duration(5_400_000), duration(90_000), duration(400 * 86_400_000)
    ('1 h 30 min', '1 min', '400 d')
    """
    if ms >= 100 * _DAY:
        return f"{ms / _DAY:,.0f} d"
    larger, smaller, names = (_DAY, _HOUR, ("d", "h")) if ms >= _DAY else (_HOUR, _MINUTE, ("h", "min"))
    whole, rest = divmod(int(ms), larger)
    parts = [f"{count} {name}" for count, name in zip((whole, rest // smaller), names, strict=True) if count]
    return " ".join(parts) or f"0 {names[1]}"


def plain_number(value: float) -> float | None:
    """As JSON has it: None where it is not known."""
    return float(value) if math.isfinite(value) else None


def iso(at: int) -> str:
    """An instant (ms UTC) in ISO 8601."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(group: metrics.TradeGroup) -> dict[str, Any]:
    return {
        name: plain_number(value) if isinstance(value, float) else value
        for name, value in asdict(group).items()
    }
