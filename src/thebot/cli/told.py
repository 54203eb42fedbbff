"""A record in the terminal: verdict, figures with their intervals, falls, groups, months, the last trades."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from thebot.backtesting import TrackRecord, Trades
from thebot.backtesting.accuracy import Accuracy
from thebot.backtesting.metrics import TradeGroup, YearOfReturns
from thebot.backtesting.summary import UNKNOWN, Figure, duration, figures, said, tables
from thebot.backtesting.verdict import Verdict
from thebot.market.quality import moment

_FINDINGS: Final = 8
_TRADES: Final = 10
_FALLS: Final = 3
_WIDE: Final = 116  # columns from which two tables stand side by side
_ROOMY: Final = 90  # from which months have a decimal, and trades of several symbols their exit's time

_HEADLINE: Final = (
    "total_return", "annual_return", "max_drawdown", "volatility", "sharpe_ratio", "sortino_ratio",
    "calmar_ratio", "omega_ratio", "win_rate", "profit_factor", "payoff_ratio", "expectancy",
    "system_quality_number", "kelly_fraction", "break_even_cost", "alpha", "beta",
)  # fmt: skip
_BESIDE: Final = (
    "net_profit", "buy_and_hold", "exposure", "turnover", "ulcer_index", "cvar", "longest_drawdown", "trades",
    "average_holding_time", "best_trade", "worst_trade", "longest_winning_streak", "longest_losing_streak",
    "average_r", "fees", "slippage_paid", "cost_rate",
)  # fmt: skip
_LEVELS: Final = {"good": "green", "doubtful": "yellow", "bad": "red"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def tell(
    record: TrackRecord,
    console: Console,
    *,
    verdict: Verdict | None = None,
    accuracy: Sequence[Accuracy] = (),
    full: bool = False,
) -> None:
    """Print what `record` says. `full` adds every figure, the trades by time and symbol, and all findings."""
    said_of = figures(record)
    _header(record, console)
    if verdict is not None:
        console.print(_verdict(verdict))
    console.print(_figures(said_of, console.width))
    if full:
        shown = {*_HEADLINE, *_BESIDE}
        rest = [figure for name, figure in said_of.items() if name not in shown]
        console.print(_titled("The other figures", _pairs(rest, 1 if console.width < _WIDE else 2)))
    if record.drawdowns:
        console.print(_titled("Deepest drawdowns", _falls(record)))
    if record.trades:
        groups = tables(record)
        named = [("why left", groups.reasons), ("side", groups.sides)]
        if full or len(record.symbols) > 1:
            named.append(("symbol", groups.symbols))
        if full:
            named += [("entered on", groups.weekdays), ("entered at", groups.hours)]
        console.print(_titled("Trades by what they have in common", _groups(named)))
        console.print(_titled("Months, in percent", _months(groups.months, console.width)))
    if accuracy:
        console.print(_titled("Signals, against all candles (base)", _accuracy(accuracy)))
    if record.trades:
        last = record.trades[max(0, len(record.trades) - _TRADES) :]
        title = (
            f"The last {len(last)} of {len(record.trades):,} trades"
            if len(last) < len(record.trades)
            else "Trades"
        )
        console.print(_titled(f"{title} (times in UTC, prices with slippage)", _trades(last, console.width)))
    _notes(record, console, full=full)


def _prose(console: Console, text: str | Text) -> None:
    """Wrapped for people, one line for pipes."""
    console.print(text, soft_wrap=not console.is_terminal, highlight=False)


def _header(record: TrackRecord, console: Console) -> None:
    head = Text(record.strategy.label, style="bold").append(" on ", style="not bold")
    _prose(console, head.append(f"{record.symbol} {record.timeframe}"))
    costs = f"fee {record.costs.fee:.2%} and slippage {record.costs.share:.2%} each way"
    _prose(
        console,
        f"{moment(record.start)} until {moment(record.end)}, {record.candles:,} candles; {costs}; "
        f"{record.start_equity:,.2f} became {record.final_equity:,.2f}\n",
    )


def _titled(title: str, what: RenderableType) -> RenderableType:
    grid = Table.grid()
    grid.add_row(Text(title, style="bold"))
    grid.add_row(what)
    return Padding(grid, (1, 0, 0, 0))


def _verdict(verdict: Verdict) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column()
    lists = (("✗", "red", verdict.killers), ("?", "yellow", verdict.doubtful), ("✓", "green", verdict.good))
    for sign, colour, told in lists:
        for each in told:
            grid.add_row(Text(sign, style=f"bold {colour}"), Text(each))
    whole = Table.grid()
    whole.add_row(Text(verdict.sentence, style=f"bold {_LEVELS[verdict.level]}"))
    whole.add_row(Padding(grid, (0, 0, 1, 0)))
    return whole


def _figures(said_of: dict[str, Figure], width: int) -> RenderableType:
    head = _plain_table("", "", "95% interval", right=(1, 2))
    for name in _HEADLINE:
        figure = said_of[name]
        head.add_row(figure.title, _shown(figure), Text(figure.interval_text, style="dim"))
    beside = [said_of[name] for name in _BESIDE]
    if width >= _WIDE:
        pairs = _pairs(beside, 1)
        pairs.show_header = True  # so that the lines of both stand beside each other
        return Columns([head, pairs], padding=(0, 3))
    whole = Table.grid()
    whole.add_row(head)
    whole.add_row(Padding(_pairs(beside, 2), (1, 0, 0, 0)))
    return whole


def _pairs(chosen: Sequence[Figure], across: int) -> Table:
    """Titles and values, so many beside each other, going down first."""
    table = _plain_table(*[""] * (2 * across), right=tuple(range(1, 2 * across, 2)))
    table.show_header = False
    down = math.ceil(len(chosen) / across)
    for row in range(down):
        cells: list[str | Text] = []
        for figure in chosen[row::down]:
            cells += [figure.title, _shown(figure)]
        table.add_row(*cells)
    return table


def _shown(figure: Figure) -> Text:
    colour = _colour(figure.value) if figure.signed else ""
    return Text(figure.text, style="dim" if figure.text == UNKNOWN else colour)


def _colour(value: float) -> str:
    return "green" if value > 0 else "red" if value < 0 else ""


def _plain_table(*names: str, right: Iterable[int]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for place, name in enumerate(names):
        justify: Literal["left", "right"] = "right" if place in right else "left"
        table.add_column(name, justify=justify, no_wrap=True)
    return table


def _falls(record: TrackRecord) -> Table:
    table = _plain_table("depth", "from (UTC)", "lowest", "made up", "lasted", right=(0, 4))
    for fall in sorted(record.drawdowns, key=lambda each: each.depth)[:_FALLS]:
        until = "not yet" if fall.recovery is None else _time(fall.recovery)
        table.add_row(
            f"{fall.depth:.2%}", _time(fall.start), _time(fall.trough), until, duration(fall.duration)
        )  # fmt: skip
    return table


def _groups(named: Iterable[tuple[str, Sequence[TradeGroup]]]) -> Table:
    table = _plain_table(
        "", "", "trades", "won", "profit", "gain of one", "profit factor", right=range(2, 7)
    )  # fmt: skip
    for name, groups in named:
        for place, group in enumerate(groups):
            table.add_row(
                Text("" if place else name, style="dim"), group.name, f"{group.trades:,}",
                said(group.win_rate, "fraction", digits=1),
                Text(said(group.profit, "quote", signed=True), style=_colour(group.profit)),
                Text(said(group.gain, "fraction", signed=True), style=_colour(group.gain)),
                said(group.profit_factor, "ratio"),
            )  # fmt: skip
    return table


def _months(years: Sequence[YearOfReturns], width: int) -> Table:
    digits = 1 if width >= _ROOMY else 0
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for name in ("", *_MONTHS, "year"):
        table.add_column(name, justify="right", no_wrap=True, min_width=4)
    for year in years:
        table.add_row(str(year.year), *(_heat(gain, digits) for gain in (*year.months, year.gain)))
    return table


def _heat(gain: float, digits: int) -> Text:
    """The stronger the month, the stronger its colour."""
    if math.isnan(gain):
        return Text("")
    if not round(100 * gain, digits):
        return Text("0", style="dim")
    strength = "bold " if abs(gain) >= 0.05 else "dim " if abs(gain) < 0.01 else ""
    return Text(f"{100 * gain:+.{digits}f}", style=f"{strength}{_colour(gain)}")


def _accuracy(found: Sequence[Accuracy]) -> Table:
    table = _plain_table(
        "", "candles later", "signals", "right", "base", "points more, 95%", "mean", "base", right=range(1, 8)
    )  # fmt: skip
    for each in found:
        for place, after in enumerate(each.after):
            lift = after.lift_hits
            known = not math.isnan(lift.low)
            sure = known and (lift.low > 0 or lift.high < 0)
            table.add_row(
                "" if place else each.signal, f"{after.horizon:,}",
                f"{after.signals:,}", said(after.hits.point, "fraction", digits=1),
                said(after.base_hits, "fraction", digits=1),
                Text(
                    f"{100 * lift.low:+.1f} to {100 * lift.high:+.1f}" if known else UNKNOWN,
                    style=_colour(lift.point) if sure else "dim",
                ),
                said(after.mean.point, "fraction", signed=True, digits=3),
                said(after.base_mean, "fraction", signed=True, digits=3),
            )  # fmt: skip
    return table


def _trades(last: Trades, width: int) -> Table:
    several, shorts = len(last.symbols) > 1, "short" in last.sides
    timed = width >= _ROOMY or not several
    names = (
        *(("symbol",) if several else ()), *(("side",) if shorts else ()), "entered", "at",
        "left" if timed else "held", "at", "gain", "why",
    )  # fmt: skip
    right = [place for place, name in enumerate(names) if name in ("at", "gain", "held")]
    table = _plain_table(*names, right=right)
    table.padding = (0, 2 if width >= _ROOMY else 1, 0, 0)
    for trade in last:
        table.add_row(
            *((trade.symbol,) if several else ()), *((trade.side,) if shorts else ()),
            _time(trade.entered_at), f"{trade.entry_price:,.8g}",
            _time(trade.left_at) if timed else duration(trade.left_at - trade.entered_at),
            f"{trade.exit_price:,.8g}", Text(f"{trade.gain:+.2%}", style=_colour(trade.gain)),
            trade.ending + (" ?" if trade.doubtful else ""),
        )  # fmt: skip
    return table


def _time(at: int) -> str:
    return moment(at).removesuffix(" UTC")


def _notes(record: TrackRecord, console: Console, *, full: bool) -> None:
    if record.findings:
        _prose(console, Text(f"\nIn the data ({len(record.findings):,} findings)", style="bold"))
        shown = record.findings if full else record.findings[:_FINDINGS]
        for found in shown:
            _prose(console, Text(f"  {found}"))
        if len(record.findings) > len(shown):
            _prose(console, f"  and {len(record.findings) - len(shown):,} more (all with --json)")
    if record.warnings:
        _prose(console, Text("\nTo know", style="bold"))
    for warning in record.warnings:
        _prose(console, Text(f"  {warning}"))
    tried = "One variant" if record.trials == 1 else f"The best of {record.trials:,} variants"
    where = "one symbol" if len(record.symbols) == 1 else f"{len(record.symbols)} symbols"
    _prose(
        console,
        f"\n{tried} on {where} over one stretch of the past proves little: the next stretch is another one, "
        "and whoever tries many variants finds a good one by chance. Try it on other symbols and years "
        "before believing it.",
    )
