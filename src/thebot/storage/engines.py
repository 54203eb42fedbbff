"""How a database is reached: its address, its engine, and what is said when it does not answer."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from thebot.errors import BadSetting, StorageError


def database_url(text: str) -> URL:
    """The address with its asynchronous driver: sqlite:///FILE, postgresql://USER:PASSWORD@HOST/NAME.

    Raises BadSetting for an address that cannot be read or is of another database.
    """
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise BadSetting(  # without the text: it may hold a password
            "The database address cannot be read. It is written sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST:PORT/NAME."
        ) from error
    kind = url.drivername.partition("+")[0]
    if kind not in drivers:
        raise BadSetting(f"thebot keeps its data in sqlite or postgresql, not in {kind!r}.")
    return url.set(drivername=drivers[kind])


def asynchronous_engine(url: URL, *, patience: int = 1000) -> AsyncEngine:
    """Of an address with its driver (`database_url`). `patience`: ms that SQLite waits for another writer."""
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, pool_size=3, max_overflow=0)
        event.listen(engine.sync_engine, "connect", _preparing(patience))
        return engine
    try:
        return create_async_engine(url, pool_size=3, max_overflow=2, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StorageError(
            "The database address asks for PostgreSQL, but its driver is not installed. "
            "Install it with: pip install 'thebot[postgres]'"
        ) from error


def synchronous_engine(url: URL, *, patience: int = 1000) -> Engine:
    """The same for SQLite, by the driver that comes with Python: for commands and worker processes."""
    engine = create_engine(url.set(drivername="sqlite"), pool_size=1, max_overflow=4)
    event.listen(engine, "connect", _preparing(patience))
    return engine


def insert_of(dialect: str) -> Callable[[Table], Any]:
    """The INSERT that knows what to do about rows which are there already: each dialect has its own.

    Imported here, for the dialect that is not in use would cost 2 MiB.
    """
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert


def _preparing(patience: int) -> Callable[[Any, object], None]:
    def prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's own type)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {patience:d}")  # ms
        cursor.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
        cursor.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last moment, never the file
        cursor.execute("PRAGMA cache_size = -512")  # KiB each; the system's own cache does the rest
        cursor.close()

    return prepare_sqlite


@contextlib.contextmanager
def told(address: str, doing: str) -> Iterator[None]:
    """What a database refuses within the block becomes a StorageError that names its address."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise StorageError(
            f"The database {address} could not be {doing} ({' '.join(str(cause).split())}). "
            "Check that it runs, that its disk has room and that this user may write there."
        ) from error
