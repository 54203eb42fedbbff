"""Whether a strategy's signals know anything: what the market did after each, against any other candle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from thebot.backtesting import metrics
from thebot.backtesting.bootstrap import Interval
from thebot.backtesting.summary import plain_number
from thebot.errors import BadSetting
from thebot.market import BoolArray, Candles, FloatArray
from thebot.market.quality import unbroken
from thebot.strategy import Decisions, Strategy, decider

HORIZONS: Final = (1, 4, 16, 64)
_RESAMPLES: Final = 500  # for each signal and horizon

# What each decision is called, and the way that the market should go after it.
_SIGNALS: Final[dict[str, tuple[str, Literal["long", "short"]]]] = {
    "enter": ("buy", "long"),
    "leave": ("sell", "short"),
    "short": ("sell short", "short"),
    "cover": ("buy back", "long"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Of one kind of signal, so many candles later each: see `metrics.SignalAccuracy`."""

    signal: str  # "buy", "sell", "sell short", "buy back"
    side: Literal["long", "short"]
    after: tuple[metrics.SignalAccuracy, ...]

    def plain(self) -> dict[str, Any]:
        """Ready for JSON; unknown is None."""
        return {"signal": self.signal, "side": self.side, "after": [*map(_plain, self.after)]}


def accuracy(
    strategy: Strategy,
    candles: Candles | Sequence[Candles],
    horizons: Sequence[int] = HORIZONS,
    *,
    start: int | None = None,
    end: int | None = None,
    hurdle: float = 0.0,
    seed: int = 0,
) -> tuple[Accuracy, ...]:
    """How right each kind of signal was after each of `horizons` (in candles), over all symbols together.

    From the close that fired it to the close so many candles later, before costs (`hurdle`: what counts as
    right, as a fraction); nothing is looked at across a halt of a day or longer. Signals count whether or not
    a position stood in their way. Candles before `start` (ms UTC) warm the indicators up, those from `end`
    on are left out. Raises BadSetting for no candles, several timeframes, or a horizon below 1.
    """
    series = [candles] if isinstance(candles, Candles) else list(candles)
    if len({each.timeframe for each in series}) != 1:
        raise BadSetting("Signals are judged on candles of one timeframe: give those of one symbol at least.")
    series = [part for each in series if len(part := each.between(end=end))]
    asked = decider(strategy, series[0].timeframe)
    counted = [each.open_time >= (0 if start is None else start) for each in series]
    decided = [asked.over(each) for each in series]
    forward = {
        horizon: _joined([_forward(each, horizon) for each in series], counted) for horizon in horizons
    }
    return tuple(
        Accuracy(
            signal=name,
            side=side,
            after=tuple(
                metrics.accuracy_of_returns(
                    fired,
                    forward[horizon],
                    horizon=horizon,
                    side=side,
                    hurdle=hurdle,
                    resamples=_RESAMPLES,
                    seed=seed,
                )
                for horizon in horizons
            ),
        )
        for column, (name, side) in _SIGNALS.items()
        if (fired := _fired(decided, column, counted)) is not None
    )


def _fired(decided: Sequence[Decisions], column: str, counted: Sequence[BoolArray]) -> BoolArray | None:
    """When that decision was made; None if the strategy never makes it."""
    columns = [getattr(each, column) for each in decided]
    if not columns or any(each is None for each in columns):
        return None
    fired: BoolArray = np.concatenate([each[rows] for each, rows in zip(columns, counted, strict=True)])
    return fired if fired.any() else None


def _forward(candles: Candles, horizon: int) -> FloatArray:
    """nan where a halt lies between."""
    runs = [metrics.forward_returns(run.close, horizon) for run in unbroken(candles)]
    return np.concatenate(runs)


def _joined(columns: Sequence[FloatArray], counted: Sequence[BoolArray]) -> FloatArray:
    return np.concatenate([column[rows] for column, rows in zip(columns, counted, strict=True)])


def _plain(found: metrics.SignalAccuracy) -> dict[str, Any]:
    def interval(each: Interval) -> dict[str, float | None]:
        return {
            "low": plain_number(each.low), "value": plain_number(each.point), "high": plain_number(each.high)
        }  # fmt: skip

    return {
        "horizon": found.horizon,
        "signals": found.signals,
        "candles": found.candles,
        "hits": interval(found.hits),
        "base_hits": plain_number(found.base_hits),
        "lift_hits": interval(found.lift_hits),
        "mean": interval(found.mean),
        "base_mean": plain_number(found.base_mean),
        "lift_mean": interval(found.lift_mean),
    }
