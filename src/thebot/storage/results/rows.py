"""A result as a row of the database, and what a row says without its files.

Nothing here loads the backtesting: the serving process lists results and draws their curves with it.
"""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Mapping, Sequence
from collections.abc import Set as AnySet
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
from sqlalchemy import RowMapping

if TYPE_CHECKING:
    from thebot.backtesting import TrackRecord
    from thebot.market import FloatArray, IntArray

Kind: TypeAlias = Literal["backtest", "replay", "sweep", "walkforward"]
KINDS: Final = ("backtest", "replay", "sweep", "walkforward")
CURVE_POINTS: Final = 1_000

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another one
_ID: Final = re.compile(r"\d{8}-\d{6}-[a-z0-9]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a list of results says of one. Times are ms UTC.

    `figures` are the values of all figures by name (see `backtesting.summary`); unknown is None.
    """

    id: str
    at: int  # when it was saved
    kind: Kind
    name: str  # what its owner calls it; may be empty
    strategy: str
    label: str  # the strategy with its parameters
    parameters: dict[str, Any]
    symbols: tuple[str, ...]
    timeframe: str
    start: int
    end: int
    candles: int
    trades: int
    trials: int
    data_hash: str
    costs: dict[str, Any]
    account: dict[str, Any]  # cash, shorts, max_open, rank
    at_best: float | None
    origin: str
    seed: int
    version: str
    figures: dict[str, Any]
    damage: str = ""  # what is wrong with it, if something is

    def plain(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {each.name: fit_for_json(getattr(self, each.name)) for each in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Listed):
    """Everything that is kept of a result but its trades and its whole equity.

    `told` has each figure as `backtesting.summary.Figure.plain` gives it: title, unit, text, interval, what
    is better. `curve` has `time`, `equity` and `holding` at 1,000 instants at most, the first being the
    start; of each stretch it keeps the highest and the lowest equity.
    """

    definition: dict[str, Any]  # all that the strategy is made of
    told: dict[str, dict[str, Any]]
    curve: dict[str, list[float]]
    findings: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptStrategy:
    """What is left of a strategy that cannot be built again: an indicator of its own may be gone."""

    name: str
    label: str
    parameters: tuple[tuple[str, Any], ...]
    definition: Mapping[str, Any]

    def plain(self) -> dict[str, Any]:
        return dict(self.definition)


def new_id(at: datetime) -> str:
    """A name that people can type and that sorts by time: 20261125-143012-k3f."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(3))
    return f"{at.astimezone(UTC):%Y%m%d-%H%M%S}-{letters}"


def is_id(text: str) -> bool:
    """Whether that is the whole name of a result (there may be none of that name)."""
    return _ID.fullmatch(text) is not None


def row_of(
    record: TrackRecord, *, id: str, at: datetime, kind: Kind, name: str, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """What the table `results` keeps of it."""
    from thebot.backtesting.summary import figures

    told = {name: figure.plain() for name, figure in figures(record).items()}
    allocation = record.account.allocation
    account = {
        "cash": record.account.cash,
        "shorts": record.account.shorts,
        "max_open": allocation.max_open,
        "rank": None if allocation.rank is None else repr(allocation.rank),
    }
    findings = [
        {"kind": each.kind, "start": each.start, "end": each.end, "count": each.count, "text": str(each)}
        for each in record.findings
    ]
    return {
        "id": id,
        "at": int(at.timestamp() * 1000),
        "kind": kind,
        "name": name,
        "strategy": record.strategy.name,
        "label": record.strategy.label,
        "parameters": as_json(dict(record.strategy.parameters)),
        "definition": as_json(record.strategy.plain()),
        "symbols": f",{','.join(record.symbols)},",
        "timeframe": record.timeframe.name,
        "start": record.start,
        "end": record.end,
        "candles": record.candles,
        "trades": len(record.trades),
        "trials": record.trials,
        "data_hash": record.data_hash,
        "costs": as_json(record.costs.plain()),
        "account": as_json(account),
        "at_best": fit_for_json(record.at_best),
        "origin": record.origin,
        "seed": record.seed,
        "version": record.version,
        "findings": as_json(findings),
        "warnings": as_json(record.warnings),
        "figures": as_json({name: each["value"] for name, each in told.items()}),
        "told": as_json(told),
        "curve": as_json(
            thinned(record.start, record.account.cash, record.time, record.equity, record.holding)
        ),
        "extra": as_json(extra),
    }


def thinned(
    start: int, cash: float, time: IntArray, equity: FloatArray, holding: FloatArray
) -> dict[str, list[float]]:
    """The curve in at most `CURVE_POINTS` points: of each stretch the lowest and the highest equity.

    So no drawdown is lost by leaving points out.
    """
    rows = np.arange(len(time))
    if len(rows) + 1 > CURVE_POINTS:
        stretches = np.array_split(rows, (CURVE_POINTS - 3) // 2)
        found = {0, len(rows) - 1}
        for each in stretches:
            values = equity[each]
            found |= {int(each[values.argmin()]), int(each[values.argmax()])}
        rows = np.array(sorted(found))
    return {
        "time": [start, *time[rows].tolist()],
        "equity": [cash, *equity[rows].tolist()],
        "holding": [cash, *holding[rows].tolist()],
    }


def listed_of(row: RowMapping, damage: str = "") -> Listed:
    """A row of the database as the value."""
    return Listed(**_said(row, Listed), damage=damage)


def summary_of(row: RowMapping, damage: str = "") -> Summary:
    return Summary(**_said(row, Summary), damage=damage)


_FROM_JSON: Final = (
    "parameters", "costs", "account", "figures", "definition", "told", "curve", "findings", "warnings",
    "extra",
)  # fmt: skip
_TUPLES: Final = ("findings", "warnings")


def _said(row: RowMapping, kind: type[Listed]) -> dict[str, Any]:
    values = {each.name: row[each.name] for each in fields(kind) if each.name != "damage"}
    for name in values.keys() & set(_FROM_JSON):
        values[name] = json.loads(values[name])
    for name in values.keys() & set(_TUPLES):
        values[name] = tuple(values[name])
    return values | {"symbols": tuple(row["symbols"].strip(",").split(","))}


def as_json(value: object) -> str:
    return json.dumps(fit_for_json(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def fit_for_json(value: object) -> Any:  # noqa: ANN401  (whatever JSON has)
    """The same as JSON has it: nan and infinite are None, arrays are lists, all else is text."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return fit_for_json(value.tolist())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): fit_for_json(each) for name, each in value.items()}
    if isinstance(value, Sequence | AnySet) and not isinstance(value, bytes):
        return [fit_for_json(each) for each in value]
    return str(value)
