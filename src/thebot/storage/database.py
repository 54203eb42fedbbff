"""Signals and recent candles in SQLite, or in PostgreSQL by address."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final, Self

import numpy as np
from sqlalchemy import Select, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from thebot.errors import StorageError
from thebot.market import Candle, Candles, Symbol, Timeframe
from thebot.storage import tables
from thebot.storage.engines import asynchronous_engine, database_url, insert_of, told
from thebot.strategy.signal import Signal

_INTEGERS: Final = ("open_time", "trades")


class Database:
    """The platform's memory of signals and recent candles. One is opened by the composition root.

    Every method raises StorageError if the database does not do what it is asked.
    """

    def __init__(self, url: str) -> None:
        self._url = database_url(url)
        self._engine = asynchronous_engine(self._url)
        self._upsert = insert_of(self._engine.dialect.name)

    @property
    def address(self) -> str:
        """Where it is, without the password."""
        return self._url.render_as_string(hide_password=True)

    async def open(self) -> Self:
        """Connect and make the tables. Raises StorageError if they are of a newer thebot."""
        async with self._transaction("opened") as connection:
            await connection.run_sync(tables.schema_version.create, checkfirst=True)
            version = await connection.scalar(select(func.max(tables.schema_version.c.version)))
            if version is None:
                first = self._upsert(tables.schema_version).values(version=tables.SCHEMA_VERSION)
                await connection.execute(first.on_conflict_do_nothing())
            elif version > tables.SCHEMA_VERSION:
                raise StorageError(
                    f"The database {self.address} was written by a newer thebot (its tables have version "
                    f"{version}, this program knows up to {tables.SCHEMA_VERSION}). Update thebot, or use "
                    "another data folder (--data DIR)."
                )
            await connection.run_sync(tables.metadata.create_all)
        return self

    async def close(self) -> None:
        await self._engine.dispose()

    async def save(self, signals: Iterable[Signal] = (), candles: Iterable[Candle] = ()) -> None:
        """Keep these, all or none. A signal kept before stays as it was; a candle kept before is replaced."""
        signal_rows = list({signal.key: _signal_row(signal) for signal in signals}.values())
        candle_rows = list({(c.symbol, c.timeframe, c.open_time): _candle_row(c) for c in candles}.values())
        async with self._transaction("written") as connection:
            if signal_rows:
                await connection.execute(self._upsert(tables.signals).on_conflict_do_nothing(), signal_rows)
            if candle_rows:
                candle = self._upsert(tables.candles)
                await connection.execute(
                    candle.on_conflict_do_update(
                        index_elements=tables.candles.primary_key.columns,
                        set_={c.name: candle.excluded[c.name] for c in _values_of(tables.candles)},
                    ),
                    candle_rows,
                )

    async def signals(
        self,
        symbol: Symbol | None = None,
        *,
        timeframe: Timeframe | None = None,
        strategy: str | None = None,
        since: int | None = None,
        limit: int = 100,
    ) -> list[Signal]:
        """The newest `limit` signals, newest first; `since` is the earliest `at` wanted (ms UTC)."""
        query = self.signals_query(symbol, timeframe=timeframe, strategy=strategy, since=since, limit=limit)
        async with self._connection("read") as connection:
            return [_signal(row) for row in (await connection.execute(query)).mappings()]

    @staticmethod
    def signals_query(
        symbol: Symbol | None = None,
        *,
        timeframe: Timeframe | None = None,
        strategy: str | None = None,
        since: int | None = None,
        limit: int = 100,
    ) -> Select[Any]:
        """What `signals` asks the database."""
        table = tables.signals.c
        query = select(tables.signals)
        if symbol is not None:
            query = query.where(table.symbol == symbol)
        if timeframe is not None:
            query = query.where(table.timeframe == timeframe.name)
        if strategy is not None:
            query = query.where(table.strategy == strategy)
        if since is not None:
            query = query.where(table.at >= since)
        order = (table.at.desc(), table.symbol, table.timeframe, table.strategy, table.side)
        return query.order_by(*order).limit(limit)

    async def candles(
        self, symbol: Symbol, timeframe: Timeframe, limit: int = 500, end: int | None = None
    ) -> Candles:
        """The newest `limit` kept candles that open before `end` (ms UTC; None: all), oldest first."""
        table = tables.candles.c
        query = (
            select(*_values_of(tables.candles), table.open_time)
            .where(table.symbol == symbol, table.timeframe == timeframe.name)
            .order_by(table.open_time.desc())
            .limit(limit)
        )
        if end is not None:
            query = query.where(table.open_time < end)
        async with self._connection("read") as connection:
            rows = list((await connection.execute(query)).mappings())
        return _candles(rows[::-1], symbol, timeframe)

    async def forget_candles(self, symbol: Symbol, timeframe: Timeframe, before: int) -> None:
        """Drop the candles of a series that open before that time (ms UTC)."""
        table = tables.candles.c
        async with self._transaction("tidied") as connection:
            await connection.execute(
                delete(tables.candles).where(
                    table.symbol == symbol, table.timeframe == timeframe.name, table.open_time < before
                )
            )

    @contextlib.asynccontextmanager
    async def _transaction(self, doing: str) -> AsyncIterator[AsyncConnection]:
        with told(self.address, doing):
            async with self._engine.begin() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def _connection(self, doing: str) -> AsyncIterator[AsyncConnection]:
        with told(self.address, doing):
            async with self._engine.connect() as connection:
                yield connection


def _values_of(table: Table) -> list[Any]:
    return [column for column in table.columns if not column.primary_key]


def _signal_row(signal: Signal) -> dict[str, Any]:
    row = signal.plain()
    del row["level"]  # follows from the confidence
    return row | {"reasons": json.dumps(row["reasons"], ensure_ascii=False)}


def _signal(row: Any) -> Signal:  # noqa: ANN401  (a row of the driver)
    return Signal.of_plain({**row, "reasons": json.loads(row["reasons"])})


def _candle_row(candle: Candle) -> dict[str, Any]:
    return {
        "symbol": candle.symbol,
        "timeframe": candle.timeframe.name,
        "open_time": candle.open_time,
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume,
        "quote_volume": _known(candle.quote_volume),
        "trades": candle.trades,
        "taker_buy_volume": _known(candle.taker_buy_volume),
    }


def _known(value: float) -> float | None:
    """nan as null: SQLite has no nan."""
    return None if math.isnan(value) else value


def _candles(rows: Sequence[Any], symbol: Symbol, timeframe: Timeframe) -> Candles:
    if not rows:
        return Candles.empty(symbol, timeframe)
    columns: dict[str, Any] = {
        name: np.array([row[name] for row in rows], np.int64 if name in _INTEGERS else np.float64)
        for name in rows[0]
    }
    return Candles(symbol=symbol, timeframe=timeframe, **columns)
