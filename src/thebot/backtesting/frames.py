"""What an account did as frames of polars or pandas: for notebooks and for files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from thebot.backtesting import metrics
from thebot.backtesting.performance import Performance
from thebot.errors import PlatformError

if TYPE_CHECKING:
    import polars

TIMES: Final = ("decided_at", "entered_at", "left_at")

Frame = TypeVar("Frame")


class Frames(NamedTuple, Generic[Frame]):
    """Columns as `RoundTrip` and `Performance` name them; `drawdown` is a fraction of the high before."""

    trades: Frame
    equity: Frame


def polars_frames(done: Performance) -> Frames[polars.DataFrame]:
    """Times are UTC datetimes."""
    import polars

    when = polars.Datetime("ms", "UTC")
    trades, equity = polars.DataFrame(_trades(done)), polars.DataFrame(_equity(done))
    return Frames(
        trades.with_columns(polars.col(TIMES).cast(when)), equity.with_columns(polars.col("time").cast(when))
    )


def pandas_frames(done: Performance) -> Frames[Any]:
    """Times are UTC timestamps; the equity has them as its index. Raises PlatformError without pandas."""
    try:
        import pandas  # type: ignore[import-untyped]  # it brings no types
    except ModuleNotFoundError as error:
        raise PlatformError(
            "Records as pandas frames need pandas, which is not installed. Install it with: "
            "pip install 'thebot[pandas]'. Frames of polars (to_polars) need nothing more."
        ) from error
    trades, columns = pandas.DataFrame(_trades(done)), _equity(done)
    for name in TIMES:
        trades[name] = pandas.to_datetime(trades[name], unit="ms", utc=True)
    index = pandas.to_datetime(columns.pop("time"), unit="ms", utc=True).rename("time")
    return Frames(trades, pandas.DataFrame(columns, index=index))


def _trades(done: Performance) -> dict[str, Any]:
    trades = done.trades
    said = {"symbol": trades.names, "side": trades.sides, "ending": trades.endings}
    return {name: said.get(name, column) for name, column in trades.columns().items()}


def _equity(done: Performance) -> dict[str, Any]:
    below = metrics.drawdowns(done.curve)[1:]
    return {"time": done.time, "equity": done.equity, "holding": done.holding, "drawdown": below}
