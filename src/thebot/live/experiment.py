"""What the laboratory can be asked for, and how its worker process and it speak: JSON, a line each.

The first line of the worker's standard input is an `Order`. Its standard output carries `Told`: any number of
times how far it is, and last what came of it. It ends when its standard input closes, so it never outlives
who started it.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from thebot.market import Symbol

Kind = Literal["backtest", "sweep", "walkforward"]

PAGE: Final = "page-1.json"  # in the folder of a result: what its page shows; the number is that of the form
TRADES: Final = "trades-1.json"  # beside it: its trades in columns


class Experiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strategy on the past of some symbols. Times are ms UTC; `end` None means until now.

    `vary` gives parameters several values, as text: "5:30:5" (from, to, step) or "20, 25, 30". A sweep tries
    all of them together, a walk-forward chooses among them anew for each of its `windows`.
    """

    kind: Kind
    strategy: str
    symbols: tuple[Symbol, ...]
    timeframe: str
    start: int
    end: int | None = None
    parameters: dict[str, int | float | str] = {}
    vary: dict[str, str] = {}
    windows: int = 6
    fee: float = 0.001  # of the value, each way
    slippage: float = 0.0005  # of the price, each way
    cash: float = 10_000.0  # quote currency
    name: str = ""  # what its owner calls it


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """Where experiments are made.

    `data` is the data folder, `candles` the folder whose archive is used (that of a sandbox with a seed of
    its own is another one), `exchange` who is asked for missing candles (a name, or a sandbox's address), and
    `database` where results are kept if not in the data folder.
    """

    data: str
    candles: str
    exchange: str
    database: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker process is to do: an experiment, or the page of the result of that id."""

    bench: Bench
    experiment: Experiment | None = None
    page_of: str = ""


class Best(msgspec.Struct, frozen=True, kw_only=True):
    """What the best variant so far comes to."""

    figure: str
    value: float


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is: `done` of `total` (0: nobody knows), and how many seconds it may still take."""

    doing: str
    done: int = 0
    total: int = 0
    left: float | None = None
    best: Best | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why it failed. `unexpected`: a fault of ours, with its trace; else `detail` is written for people."""

    kind: str
    detail: str
    unexpected: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a worker: one of the three."""

    progress: Progress | None = None
    result: str | None = None  # the id of what was saved
    failure: Failure | None = None
