"""`thebot backtest` and `thebot replay`: a strategy on past candles."""

from __future__ import annotations

from thebot.cli.asked import DetailOption, parameters, source_of
from thebot.cli.finished import DrawsOption
from thebot.cli.past import Past, about_the_past


@about_the_past
def backtest(past: Past, detail: DetailOption = None, draws: DrawsOption = 100) -> None:
    """Try a strategy on past candles: bought and sold at the next open, after fees and slippage."""
    from thebot.backtesting import run
    from thebot.backtesting.accuracy import accuracy
    from thebot.strategy.stateful import require_value

    chosen = source_of(past.strategy, past.data)(**parameters(past.settings or []))
    require_value(chosen, "be simulated")
    given = past.given(chosen, detail)
    record = run(
        given.series, chosen, account=given.account, costs=given.costs, start=given.start, end=given.end,
        instruments=given.instruments, detail=given.detail, seed=past.seed,
    )  # fmt: skip
    right = accuracy(chosen, given.series, start=given.start, end=given.end, seed=past.seed)
    past.finish(record, given, kind="backtest", draws=draws, accuracy=right)


@about_the_past
def replay(past: Past, detail: DetailOption = None, draws: DrawsOption = 0) -> None:
    """As backtest, but event by event through the trader of paper and live; grid and averaging too."""
    from thebot.backtesting import rerun

    chosen = source_of(past.strategy, past.data)(**parameters(past.settings or []))
    given = past.given(chosen, detail)
    record = rerun(
        given.series, chosen, account=given.account, costs=given.costs, start=given.start, end=given.end,
        instruments=given.instruments, detail=given.detail, seed=past.seed,
    )  # fmt: skip
    past.finish(record, given, kind="replay", draws=draws)
