"""What is asked of the tables of results and trials, written once for commands and for the dashboard.

Each takes a connection within a transaction. Nothing here loads the backtesting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select

from thebot.errors import BadSetting, UnknownName
from thebot.storage.engines import insert_of
from thebot.storage.results.rows import KINDS, Listed, Summary, listed_of, summary_of
from thebot.storage.results.tables import results, trials

if TYPE_CHECKING:
    from thebot.backtesting.tried import Tried

LAST: Final = "last"  # stands for the newest result

_LARGE: Final = ("definition", "told", "curve", "findings", "warnings", "extra")  # not read for a list
_NEAR: Final = 1_000  # ids among which a misspelt one is looked for

Damage = Callable[[str], str]  # what is wrong with the files of a result


def add_result(connection: Connection, row: Mapping[str, Any]) -> None:
    connection.execute(insert(results), [row])


def drop_result(connection: Connection, id: str) -> bool:
    """Says whether there was one."""
    return connection.execute(delete(results).where(results.c.id == id)).rowcount > 0


def has_result(connection: Connection, id: str) -> bool:
    return connection.scalar(select(results.c.id).where(results.c.id == id)) is not None


def all_ids(connection: Connection) -> set[str]:
    return set(connection.scalars(select(results.c.id)))


def listing(
    connection: Connection,
    damage: Damage,
    *,
    symbol: str | None,
    strategy: str | None,
    kind: str | None,
    limit: int | None,
) -> tuple[Listed, ...]:
    """The newest results of that symbol, strategy and kind (None: of any), newest first.

    Raises UnknownName for a kind that does not exist.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownName("kind of result", kind, KINDS)
    query = select(*(each for each in results.columns if each.name not in _LARGE))
    if symbol is not None:
        query = query.where(results.c.symbols.contains(f",{symbol.upper()},", autoescape=True))
    if strategy is not None:
        query = query.where(results.c.strategy == strategy)
    if kind is not None:
        query = query.where(results.c.kind == kind)
    query = _newest_first(query).limit(limit)
    return tuple(listed_of(row, damage(row["id"])) for row in connection.execute(query).mappings())


def summary_by(connection: Connection, id: str, damage: Damage) -> Summary:
    """Of the result of that id, or that beginning of an id. Raises as `whole_id`."""
    id = whole_id(connection, id)
    row = connection.execute(select(results).where(results.c.id == id)).mappings().one()
    return summary_of(row, damage(id))


def whole_id(connection: Connection, text: str, besides: Iterable[str] = ()) -> str:
    """The id that begins with `text`; "last" is that of the newest result. `besides` are ids without a row.

    Raises UnknownName if there is none, BadSetting if there are several.
    """
    text = text.strip().lower()
    if text == LAST:
        newest = connection.scalar(_newest_first(select(results.c.id)).limit(1))
        if newest is None:
            raise UnknownName("result", text, (), "Nothing was saved in this data folder so far.")
        return str(newest)
    begins = results.c.id.startswith(text, autoescape=True)
    known = [*connection.scalars(_newest_first(select(results.c.id).where(begins)))]
    found = {*known, *(each for each in besides if each.startswith(text))} if text else set()
    if len(found) == 1 or text in found:
        return text if text in found else found.pop()
    if found:
        some = sorted(found, reverse=True)[:5]
        raise BadSetting(
            f"{len(found)} results begin with {text}: {', '.join(some)}{', ...' if len(found) > 5 else ''}. "
            "Write more of the one that is meant."
        )
    near = connection.scalars(_newest_first(select(results.c.id)).limit(_NEAR))
    raise UnknownName("result", text, near, "All of them: thebot results list.")


def add_trials(connection: Connection, tried: Sequence[Tried], at: int) -> None:
    """Write these down. Of a variant on the same candles the latest Sharpe ratio counts."""
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for each in tried:
        row = {
            "symbols": _key(each.symbols),
            "timeframe": each.timeframe.name,
            "variant": each.variant,
            "data_hash": each.data_hash,
            "start": each.start,
            "end": each.end,
            "strategy": each.strategy,
            "sharpe": each.sharpe if each.sharpe == each.sharpe else None,  # SQLite has no nan
            "periods": each.periods,
            "tried_at": at,
        }
        rows[row["symbols"], row["timeframe"], row["variant"], row["data_hash"]] = row
    if not rows:
        return
    adding = insert_of(connection.dialect.name)(trials)
    adding = adding.on_conflict_do_update(
        index_elements=trials.primary_key.columns,
        set_={name: adding.excluded[name] for name in ("sharpe", "periods")},
    )
    # Sorted: two processes that write the same rows in PostgreSQL would wait for each other otherwise.
    connection.execute(adding, [rows[key] for key in sorted(rows)])


def sharpes(
    connection: Connection, symbols: Sequence[str], timeframe: str, start: int, end: int
) -> list[float | None]:
    """One for each variant that was tried on candles that overlap the span: the mean of its Sharpe ratios."""
    of_each = (
        select(func.avg(trials.c.sharpe))
        .where(
            trials.c.symbols == _key(symbols),
            trials.c.timeframe == timeframe,
            trials.c.start < end,
            trials.c.end > start,
        )
        .group_by(trials.c.variant)
    )
    return [*connection.scalars(of_each)]


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(results.c.at.desc(), results.c.id.desc())


def _key(symbols: Sequence[str]) -> str:
    return ",".join(sorted(symbols))
