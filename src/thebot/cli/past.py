"""The options that all commands about the past share, said once: a command names only its own beside them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from thebot.cli.asked import (
    Asked,
    CandlesOption,
    CashOption,
    DataOption,
    EndOption,
    FeeOption,
    JsonOption,
    MaxOpenOption,
    ReportOption,
    SeedOption,
    SetOption,
    ShortsOption,
    SlippageOption,
    StartOption,
    StrategyOption,
    SymbolOption,
    TimeframeOption,
    asked,
)
from thebot.cli.finished import FullOption, NameOption, SaveOption, finished

if TYPE_CHECKING:
    from thebot.backtesting import TrackRecord
    from thebot.strategy import Strategy
    from thebot.strategy.stateful import Stateful


@dataclass(frozen=True, kw_only=True)
class Past:
    """What was asked for with them."""

    symbol: SymbolOption
    timeframe: TimeframeOption
    strategy: StrategyOption
    candles: CandlesOption = None
    settings: SetOption = None
    start: StartOption = None
    end: EndOption = None
    fee: FeeOption = 0.001
    slippage: SlippageOption = 0.0005
    cash: CashOption = 10_000.0
    shorts: ShortsOption = False
    max_open: MaxOpenOption = None
    seed: SeedOption = 0
    save: SaveOption = True
    name: NameOption = ""
    report: ReportOption = None
    full: FullOption = False
    data: DataOption = None
    as_json: JsonOption = False

    def given(self, strategy: Strategy | Stateful, detail: str | None = None) -> Asked:
        """The candles, costs and account, far enough back for `strategy` to warm up."""
        from thebot.market import Timeframe
        from thebot.research.trials import warmup_of

        return self.given_with(warmup_of(strategy, Timeframe(self.timeframe)), detail)

    def given_with(self, warmup: int, detail: str | None = None) -> Asked:
        """The same with so many candles in front of the start."""
        return asked(
            warmup=warmup, symbol=self.symbol, timeframe=self.timeframe, candles=self.candles,
            start=self.start, end=self.end, fee=self.fee, slippage=self.slippage, cash=self.cash,
            shorts=self.shorts, max_open=self.max_open, detail=detail, data=self.data, quiet=self.as_json,
        )  # fmt: skip

    def finish(self, record: TrackRecord, given: Asked, **more: Any) -> None:  # noqa: ANN401  (see `finished`)
        """Count, judge, keep and tell it."""
        finished(
            record, given, name=self.name, save=self.save, full=self.full, as_json=self.as_json,
            report=self.report, **more,
        )  # fmt: skip


def about_the_past(function: Callable[..., None]) -> Callable[..., None]:
    """A command with these options besides its own; it is handed them as `past`."""
    own = {name: each for name, each in inspect.signature(function).parameters.items() if name != "past"}
    common = inspect.signature(Past).parameters
    hints = get_type_hints(function, include_extras=True)
    kinds = {**get_type_hints(Past, include_extras=True), **hints}

    @functools.wraps(function)
    def command(**values: Any) -> None:  # noqa: ANN401  (of each option's own type)
        past = Past(**{name: values.pop(name) for name in common})
        function(past, **values)

    listed = [*list(common.items())[:3], *own.items(), *list(common.items())[3:]]
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads
        [each.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=kinds[name]) for name, each in listed]
    )
    command.__annotations__ = {**{name: kinds[name] for name, _ in listed}, "return": None}
    del command.__wrapped__  # typer would look through it
    return command
