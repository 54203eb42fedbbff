"""Results for the dashboard: what a page shows, read without the backtesting and without Parquet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from thebot.storage.folder import DataFolder
from thebot.storage.results.compared import Comparison, compared
from thebot.storage.results.database import AwaitedDatabase
from thebot.storage.results.folder import ResultsFolder
from thebot.storage.results.pages import trades_plain
from thebot.storage.results.queries import drop_result, listing, summary_by, whole_id
from thebot.storage.results.rows import Listed, Summary
from thebot.storage.workers import Worker


class ResultsReader:
    """`Results` for an event loop. Loads neither numba nor polars: trades come from a worker process.

    Methods raise StorageError if the database does not answer, and what `Results` raises for unknown ids.
    """

    def __init__(self, folder: DataFolder | Path, url: str | None = None) -> None:
        self._folder = ResultsFolder(folder if isinstance(folder, DataFolder) else DataFolder.at(folder))
        self._database = AwaitedDatabase(url or self._folder.database_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._database.close()

    async def list(
        self,
        symbol: str | None = None,
        strategy: str | None = None,
        kind: str | None = None,
        limit: int | None = 50,
    ) -> tuple[Listed, ...]:
        """The newest results, newest first; those of one symbol, strategy or kind only, if it is named."""
        return await self._database.run(
            lambda connection: listing(
                connection, self._folder.damage, symbol=symbol, strategy=strategy, kind=kind, limit=limit
            ),
            "read",
        )

    async def summary(self, id: str) -> Summary:
        """Everything about a result but its trades and whole equity; the `curve` has 1,000 points at most."""
        return await self._database.run(
            lambda connection: summary_by(connection, id, self._folder.damage), "read"
        )

    async def compare(self, ids: Sequence[str]) -> Comparison:
        """Several results side by side, and why they may not be comparable."""
        return compared([await self.summary(each) for each in ids])

    async def delete(self, id: str) -> str:
        """Remove a result with its files; gives its whole id."""
        whole = await self._database.run(lambda connection: whole_id(connection, id), "read")
        await self._database.run(lambda connection: drop_result(connection, whole), "written")
        await asyncio.to_thread(self._folder.remove, whole)
        return whole

    async def trades(
        self, id: str, worker: Worker, *, offset: int = 0, limit: int = 500, newest_first: bool = False
    ) -> dict[str, Any]:
        """A page of a result's trades, ready for JSON, with their `count` in all: see `trades_plain`."""
        whole = await self._database.run(lambda connection: whole_id(connection, id), "read")
        folder = self._folder.of(whole)
        return await worker.ask(trades_plain, folder, offset=offset, limit=limit, newest_first=newest_first)

    def folder_of(self, id: str) -> Path:
        """Where the Parquet files of the result of that whole id lie."""
        return self._folder.of(id)
