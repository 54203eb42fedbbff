"""The headline figures of a record, each between the ends of its confidence interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from thebot.backtesting import metrics
from thebot.backtesting.bootstrap import Interval, intervals
from thebot.market import FloatArray

RESAMPLES: Final = 1_000
_DRAWN: Final = 10_000_000  # values in all: of long records fewer resamples are drawn
_FEWEST: Final = 200


def headline(
    returns: FloatArray, profits: FloatArray, *, periods_per_year: float, seed: int = 0
) -> dict[str, Interval]:
    """Return, ratios and drawdown of the `returns`; rate, factor and mean of the trades' `profits`.

    Returns are drawn in runs, trades one by one (see `bootstrap`); a record of many candles gets fewer
    resamples, at least 200. The same data give the same intervals.
    """

    def of_curve(figure: Callable[..., float]) -> Callable[[FloatArray], float]:
        return lambda sample: figure(metrics.equity_curve(sample), periods_per_year=periods_per_year)

    def of_returns(figure: Callable[..., float]) -> Callable[[FloatArray], float]:
        return lambda sample: figure(sample, periods_per_year=periods_per_year)

    resamples = int(np.clip(_DRAWN // max(1, len(returns)), _FEWEST, RESAMPLES))
    drawn = intervals(
        {
            "total_return": lambda sample: metrics.total_return(metrics.equity_curve(sample)),
            "annual_return": of_curve(metrics.annual_return),
            "sharpe_ratio": of_returns(metrics.sharpe_ratio),
            "sortino_ratio": of_returns(metrics.sortino_ratio),
            "max_drawdown": lambda sample: metrics.max_drawdown(metrics.equity_curve(sample)),
        },
        returns, resamples=resamples, seed=seed,
    )  # fmt: skip
    traded = intervals(
        {
            "win_rate": metrics.win_rate,
            "profit_factor": metrics.profit_factor,
            "expectancy": metrics.expectancy,
        },
        profits, resamples=RESAMPLES, seed=seed, block=1,
    )  # fmt: skip
    return {**drawn, **traded}
