"""The tables of results and of everything that was tried. Times are ms UTC; lists and mappings are JSON."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from thebot.errors import StorageError
from thebot.storage.engines import insert_of

SCHEMA_VERSION: Final = 1  # of the tables below; raised with every change to them

_PREPARING: Final = 7_446_268  # any number, the same everywhere: PostgreSQL's lock while tables are made

metadata = MetaData()

# A name of its own: in PostgreSQL these tables lie beside those of the platform, which have another version.
version = Table("results_version", metadata, Column("version", Integer, primary_key=True))

results = Table(
    "results",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False),  # when it was saved
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),  # what its owner calls it
    Column("strategy", Text, nullable=False),
    Column("label", Text, nullable=False),  # the strategy with its parameters
    Column("parameters", Text, nullable=False),
    Column("definition", Text, nullable=False),  # all that the strategy is made of: Strategy.plain()
    Column("symbols", Text, nullable=False),  # with a comma on both sides of each
    Column("timeframe", String(4), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("candles", BigInteger, nullable=False),
    Column("trades", BigInteger, nullable=False),
    Column("trials", BigInteger, nullable=False),
    Column("data_hash", String(64), nullable=False),
    Column("costs", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("at_best", Double),
    Column("origin", String(16), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("version", String(40), nullable=False),
    Column("findings", Text, nullable=False),
    Column("warnings", Text, nullable=False),
    Column("figures", Text, nullable=False),  # values by name; unknown is null
    Column("told", Text, nullable=False),  # the figures with titles, units and intervals
    Column("curve", Text, nullable=False),  # thinned: time, equity, holding
    Column("extra", Text, nullable=False),  # what a sweep, a walk-forward or a page adds
    Index("results_by_time", "at", "id"),
)

# The candles are told apart by their hash; symbols and timeframe stand in front because they are asked for.
trials = Table(
    "trials",
    metadata,
    Column("symbols", String(400), nullable=False),  # sorted, with commas between them
    Column("timeframe", String(4), nullable=False),
    Column("variant", String(64), nullable=False),
    Column("data_hash", String(64), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("sharpe", Double),  # of a period; null if nothing was ever held
    Column("periods", BigInteger, nullable=False),
    Column("tried_at", BigInteger, nullable=False),  # for the first time
    PrimaryKeyConstraint("symbols", "timeframe", "variant", "data_hash"),
    sqlite_with_rowid=False,
)


def prepare(connection: Connection, address: str) -> None:
    """Make the tables that are missing. Raises StorageError if they are of a newer thebot.

    Several processes may do it at once.
    """
    if connection.dialect.name == "postgresql":  # where IF NOT EXISTS does not hold between two of them
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_PREPARING:d})"))
    connection.execute(CreateTable(version, if_not_exists=True))
    found = connection.scalar(select(func.max(version.c.version)))
    if found == SCHEMA_VERSION:
        return
    if found is not None and found > SCHEMA_VERSION:
        raise StorageError(
            f"The results in {address} were written by a newer thebot (their tables have version {found}, "
            f"this program knows up to {SCHEMA_VERSION}). Update thebot, or use another data folder "
            "(--data DIR)."
        )
    for table in (results, trials):
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))
    insert = insert_of(connection.dialect.name)
    connection.execute(insert(version).values(version=SCHEMA_VERSION).on_conflict_do_nothing())
