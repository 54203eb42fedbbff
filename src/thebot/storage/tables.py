"""The tables of the database, as SQLAlchemy Core sees them. Times are ms UTC."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

SCHEMA_VERSION: Final = 1  # of the tables below; raised with every change to them

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

# Prices and confidences here are readings, not money: doubles. What is owned or owed will be exact.
signals = Table(
    "signals",
    metadata,
    Column("symbol", String(40), nullable=False),
    Column("timeframe", String(4), nullable=False),
    Column("at", BigInteger, nullable=False),  # close time of the deciding candle
    Column("strategy", String(80), nullable=False),
    Column("side", String(4), nullable=False),
    Column("strength", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("price", Double, nullable=False),
    Column("reasons", Text, nullable=False),  # a JSON list of strings
    PrimaryKeyConstraint("symbol", "timeframe", "at", "strategy", "side"),
    Index("signals_by_time", "at"),
    Index("signals_by_symbol", "symbol", "at"),
    Index("signals_by_timeframe", "timeframe", "at"),
    Index("signals_by_strategy", "strategy", "at"),
    sqlite_with_rowid=False,
)

# Closed candles of late, so that a restart shows something before the exchange has answered.
candles = Table(
    "candles",
    metadata,
    Column("symbol", String(40), nullable=False),
    Column("timeframe", String(4), nullable=False),
    Column("open_time", BigInteger, nullable=False),
    Column("open", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("close", Double, nullable=False),
    Column("volume", Double, nullable=False),
    Column("quote_volume", Double),  # null where the source did not say
    Column("trades", BigInteger, nullable=False),
    Column("taker_buy_volume", Double),
    PrimaryKeyConstraint("symbol", "timeframe", "open_time"),
    sqlite_with_rowid=False,
)
