"""The database of results, for those who wait for its answer and for those who await it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from thebot.storage.engines import asynchronous_engine, database_url, synchronous_engine, told
from thebot.storage.results.tables import prepare

Answer = TypeVar("Answer")
Work = Callable[[Connection], Answer]

_PATIENCE: Final = 20_000  # ms that SQLite waits: sweeps, commands and the dashboard write one after another


class AwaitedDatabase:
    """For an event loop. Every method raises StorageError if the database does not do what it is asked."""

    def __init__(self, url: str) -> None:
        self._url = database_url(url)
        self._engine: AsyncEngine = asynchronous_engine(self._url, patience=_PATIENCE)
        self._prepared = False

    async def run(self, work: Work[Answer], doing: str) -> Answer:
        """What `work` gives, within a transaction of its own. `doing`: "read", "written"."""
        with told(_shown(self._url), doing):
            if not self._prepared:
                async with self._engine.begin() as connection:
                    await connection.run_sync(prepare, _shown(self._url))
                self._prepared = True
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


class WaitingDatabase:
    """For commands and worker processes: the same, and each call returns when it is done.

    SQLite is asked by Python's own driver. PostgreSQL's is asynchronous: each call runs a loop of its own in
    a thread, so that it works in a notebook too, and connects anew.
    """

    def __init__(self, url: str) -> None:
        self._address = url
        self._url = database_url(url)
        embedded = self._url.get_backend_name() == "sqlite"
        self._engine: Engine | None = synchronous_engine(self._url, patience=_PATIENCE) if embedded else None
        self._prepared = False

    def run(self, work: Work[Answer], doing: str) -> Answer:
        if self._engine is None:
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(asyncio.run, self._awaited(work, doing)).result()
        with told(_shown(self._url), doing):
            if not self._prepared:
                with self._engine.begin() as connection:
                    prepare(connection, _shown(self._url))
                self._prepared = True
            with self._engine.begin() as connection:
                return work(connection)

    async def _awaited(self, work: Work[Answer], doing: str) -> Answer:
        database = AwaitedDatabase(self._address)
        try:
            return await database.run(work, doing)
        finally:
            await database.close()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


def _shown(url: URL) -> str:
    """Without its driver and its password."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
