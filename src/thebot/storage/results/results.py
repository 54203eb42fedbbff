"""Results that last: records with all that it takes to do them again, and everything that was ever tried."""

from __future__ import annotations

import builtins
import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from thebot.backtesting.record import TrackRecord, Traded
from thebot.backtesting.tried import Trials, Tried
from thebot.errors import StorageError, ThebotError, UnknownName
from thebot.indicators import parse
from thebot.market import Symbol, Timeframe
from thebot.market.quality import Finding
from thebot.storage.folder import DataFolder
from thebot.storage.results.compared import Comparison, compared
from thebot.storage.results.database import WaitingDatabase
from thebot.storage.results.files import read_equity, read_trades, write
from thebot.storage.results.folder import NO_ROW, ResultsFolder
from thebot.storage.results.queries import (
    add_result,
    add_trials,
    all_ids,
    drop_result,
    has_result,
    listing,
    sharpes,
    summary_by,
    whole_id,
)
from thebot.storage.results.rows import KINDS, KeptStrategy, Kind, Listed, Summary, new_id, row_of
from thebot.strategy import Strategy
from thebot.trading.allocation import Account, Allocation
from thebot.trading.costs import Costs

_BATCH: Final = 5_000  # trials of one transaction: others may write between two of them


def _now() -> datetime:
    return datetime.now(UTC)


class Results:
    """What backtests, sweeps and walk-forwards came to, and the ledger of all trials, in a data folder.

    Trades and equity are Parquet files in `results/ID/`; the rest is in a database: `results.db` in the
    folder, or PostgreSQL at `url`. Results are of past candles, not of a venue, so there is one database for
    all of them. Several processes may write at once. An id may be shortened to a beginning that only one
    result has; "last" is the newest.

    Methods raise StorageError if the disk or the database do not do what they are asked. For commands and
    worker processes; a page reads by `ResultsReader`.
    """

    def __init__(
        self, folder: DataFolder | Path, url: str | None = None, *, clock: Callable[[], datetime] = _now
    ) -> None:
        self._folder = ResultsFolder(folder if isinstance(folder, DataFolder) else DataFolder.at(folder))
        self._url, self._clock = url, clock
        self._database = WaitingDatabase(url or self._folder.database_url)

    def __reduce__(self) -> tuple[Any, ...]:
        return Results, (self._folder.data, self._url)  # in another process it connects anew

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; the next call connects again."""
        self._database.close()

    def save(
        self,
        record: TrackRecord,
        *,
        kind: Kind = "backtest",
        name: str = "",
        extra: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> str:
        """Keep a record; gives its id, as 20261125-143012-k3f.

        It is kept whole or not at all, whatever happens meanwhile. `name` is what its owner calls it, `extra`
        anything that JSON can hold (a sweep's table, a page's figures), `at` the time of saving (now).
        """
        if kind not in KINDS:
            raise UnknownName("kind of result", kind, KINDS)
        at = at or self._clock()
        with self._folder.writing():
            id = self._free_id(at)
            row = row_of(record, id=id, at=at, kind=kind, name=name, extra=extra or {})
            write(record, self._folder.beside(id))
            self._folder.publish(id)
            try:  # the row comes last: what has none is no result
                self._database.run(lambda connection: add_result(connection, row), "written")
            except StorageError:
                self._folder.remove(id)
                raise
        return id

    def load(self, id: str) -> TrackRecord:
        """The record as it was saved.

        If its strategy cannot be built again (an indicator of its own is gone), a `KeptStrategy` with its
        name and parameters stands in its place, and the record's warnings say so. Raises UnknownName.
        """
        kept = self.summary(id)
        if kept.damage:
            raise StorageError(
                f"Result {kept.id} cannot be loaded: {kept.damage}. What it came to is still told: thebot "
                f"results show {kept.id}. The same backtest gives it again; thebot results delete {kept.id} "
                "removes it."
            )
        folder = self._folder.of(kept.id)
        time, equity, holding = read_equity(folder)
        trades = read_trades(folder, kept.symbols)
        if (len(time), len(trades)) != (kept.candles, kept.trades):
            raise StorageError(
                f"Result {kept.id} cannot be loaded: it was saved with {kept.candles:,} candles and "
                f"{kept.trades:,} trades, its files hold {len(time):,} and {len(trades):,}. To remove it: "
                f"thebot results delete {kept.id}"
            )
        strategy, warnings = _strategy(kept)
        account, more = _account(kept.account)
        return TrackRecord(
            symbols=kept.symbols,
            timeframe=Timeframe(kept.timeframe),
            strategy=strategy,
            costs=Costs(**kept.costs),
            account=account,
            start=kept.start,
            time=time,
            equity=equity,
            trades=trades,
            holding=holding,
            at_best=kept.at_best,
            findings=tuple(
                Finding(kind=each["kind"], start=each["start"], end=each["end"], count=each["count"])
                for each in kept.findings
            ),
            warnings=(*kept.warnings, *warnings, *more),
            trials=kept.trials,
            origin=kept.origin,  # type: ignore[arg-type]  # written from a record
            data_hash=kept.data_hash,
            seed=kept.seed,
            version=kept.version,
        )

    def list(
        self,
        symbol: Symbol | None = None,
        strategy: str | None = None,
        kind: str | None = None,
        limit: int | None = 50,
    ) -> tuple[Listed, ...]:
        """The newest results, newest first; those of one symbol, strategy or kind only, if it is named.

        Raises UnknownName for a kind that does not exist.
        """
        return self._database.run(
            lambda connection: listing(
                connection, self._folder.damage, symbol=symbol, strategy=strategy, kind=kind, limit=limit
            ),
            "read",
        )

    def summary(self, id: str) -> Summary:
        """Everything about a result but its trades and its whole equity. Raises UnknownName."""
        return self._database.run(lambda connection: summary_by(connection, id, self._folder.damage), "read")

    def compare(self, ids: Sequence[str]) -> Comparison:
        """Several results side by side, and why they may not be comparable. Raises UnknownName."""
        return compared([self.summary(each) for each in ids])

    def damaged(self) -> dict[str, str]:
        """What is wrong, by id: results without their files, and files that belong to no result.

        `delete` removes what is left of them. With PostgreSQL, results of other machines have no files here.
        """
        known = self._database.run(all_ids, "read")
        found = {each: self._folder.damage(each) for each in known}
        found |= dict.fromkeys(self._folder.ids() - known, NO_ROW)
        return {id: found[id] for id in sorted(found) if found[id]}

    def whole_id(self, id: str) -> str:
        """The id that begins so, of a damaged result too. Raises UnknownName, or BadSetting if several do."""
        files = self._folder.ids()
        return self._database.run(lambda connection: whole_id(connection, id, files), "read")

    def delete(self, id: str) -> str:
        """Remove a result, or what is left of a damaged one; gives its whole id. Raises as `whole_id`."""
        whole = self.whole_id(id)
        with self._folder.writing():
            self._database.run(lambda connection: drop_result(connection, whole), "written")
            self._folder.remove(whole)
        return whole

    def add(self, tried: Iterable[Tried]) -> None:
        """Write down what was tried; a variant that was tried before on the same candles counts once."""
        at = int(self._clock().timestamp() * 1000)
        rest = iter(tried)
        while batch := [*itertools.islice(rest, _BATCH)]:
            self._database.run(functools.partial(add_trials, tried=batch, at=at), "written")

    def trials(self, symbols: tuple[Symbol, ...], timeframe: Timeframe, start: int, end: int) -> Trials:
        """What was tried on candles of these symbols that overlap the span (ms UTC), by anybody.

        Of a variant that was tried on several such stretches the mean Sharpe ratio counts.
        """
        found = self._database.run(
            lambda connection: sharpes(connection, symbols, timeframe.name, start, end), "read"
        )
        return Trials.of([float("nan") if each is None else each for each in found])

    def _free_id(self, at: datetime) -> str:
        taken = self._folder.ids()
        while True:
            id = new_id(at)
            if id not in taken and not self._database.run(functools.partial(has_result, id=id), "read"):
                return id


def _strategy(kept: Summary) -> tuple[Traded, builtins.list[str]]:
    """The strategy built again, or what is left of it with a warning."""
    left = KeptStrategy(kept.strategy, kept.label, tuple(kept.parameters.items()), kept.definition)
    if kept.definition.get("stateful"):
        return left, [
            f"The strategy {kept.strategy} keeps a state: it is code, which is not kept with a result. Its "
            "name and parameters are."
        ]
    try:
        return Strategy.of_plain(kept.definition), []
    except (ThebotError, AttributeError, KeyError, TypeError, ValueError) as error:  # of whatever made it
        return left, [
            f"The strategy {kept.strategy} could not be built again ({' '.join(str(error).split())}): the "
            "figures are as they were, but it cannot be run from here."
        ]


def _account(kept: Mapping[str, Any]) -> tuple[Account, builtins.list[str]]:
    rank, warnings = None, []
    if kept["rank"] is not None:
        try:
            rank = parse(kept["rank"])
        except ThebotError as error:
            warnings.append(f"The rank {kept['rank']} of the account could not be read again ({error}).")
    allocation = Allocation(max_open=kept["max_open"], rank=rank)
    return Account(cash=kept["cash"], shorts=kept["shorts"], allocation=allocation), warnings
