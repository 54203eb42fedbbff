"""The archive of candles: candles/SYMBOL/TIMEFRAME/2024-03.parquet, one file a month (UTC).

Beside the months of a series lies `parts.json`, which says of each month what spans of time are known (a
month without trades is known too), the checksum of its file, and the exchange's files it came from. A month
is replaced whole: first the coming checksum is noted, then the file changes its name, then the note is
completed. Whenever that is cut, the archive stays readable and at worst asks for a span once more.

These functions load polars when they touch a file: they run in worker processes (`storage.workers`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from thebot.errors import BadSetting, StorageError
from thebot.market import Candles, Symbol, Timeframe
from thebot.market.parquet import read_candles, write_candles
from thebot.market.quality import Finding, check, findings
from thebot.storage.locks import lock, unlock
from thebot.storage.spans import Span, by_month, month_of, united

_VERSION: Final = 1  # of parts.json
_FOLDER_OF: Final = {"1M": "1mo"}  # some file systems take 1m and 1M for the same name


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is known of one month."""

    known: tuple[Span, ...] = ()
    rows: int = 0
    sha256: str | None = None  # of the file; None if there is no candle in it and so no file
    coming: str | None = None  # the checksum that the file is just being given
    sources: Mapping[str, str] = field(default_factory=dict)  # the exchange's files -> their checksums

    def plain(self) -> dict[str, Any]:
        return {
            "known": [[span.start, span.end] for span in self.known],
            "rows": self.rows,
            "sha256": self.sha256,
            "coming": self.coming,
            "sources": dict(self.sources),
        }

    @classmethod
    def of_plain(cls, values: Mapping[str, Any]) -> Part:
        return cls(
            known=tuple(Span(int(start), int(end)) for start, end in values["known"]),
            rows=int(values["rows"]),
            sha256=values["sha256"],
            coming=values["coming"],
            sources=dict(values["sources"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the archive holds of a series within a span."""

    rows: int
    first: int | None  # open time of the first candle, ms UTC
    last: int | None
    findings: tuple[Finding, ...]


class Archive:
    """The candles below one folder. Safe to use from several processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def series(self) -> list[tuple[Symbol, Timeframe]]:
        """The symbols and timeframes that are there."""
        names = {folder: name for name, folder in _FOLDER_OF.items()}
        files = sorted(self.folder.glob("*/*/parts.json"))
        return [(f.parent.parent.name, Timeframe(names.get(f.parent.name, f.parent.name))) for f in files]

    def parts(self, symbol: Symbol, timeframe: Timeframe) -> dict[str, Part]:
        """What is known of each month ("2024-03"), oldest first. A month whose file is gone is not."""
        folder = self.folder_of(symbol, timeframe)
        found = _read_parts(folder)
        return {
            month: part
            for month, part in sorted(found.items())
            if part.sha256 is None or (folder / f"{month}.parquet").exists()
        }

    def known(self, symbol: Symbol, timeframe: Timeframe) -> list[Span]:
        """The spans of time for which every candle that there was is here."""
        return united(span for part in self.parts(symbol, timeframe).values() for span in part.known)

    def read(
        self, symbol: Symbol, timeframe: Timeframe, start: int | None = None, end: int | None = None
    ) -> Candles:
        """The candles with start <= open time < end (ms UTC), checked; gaps are left as they are.

        Raises StorageError if a file is not what was written, BadCandles for impossible rows.
        """
        folder = self.folder_of(symbol, timeframe)
        if not folder.is_dir():
            return Candles.empty(symbol, timeframe)
        runs: list[Candles] = []
        with _told(folder, "read"), _locked(folder):
            for month, part in sorted(_read_parts(folder).items()):
                span = _span_of(month)
                if part.sha256 and (end is None or span.start < end) and (start is None or start < span.end):
                    runs.append(_read_part(folder / f"{month}.parquet", part, symbol, timeframe))
        return _joined(runs, symbol, timeframe).between(start, end)

    def survey(self, symbol: Symbol, timeframe: Timeframe, span: Span) -> Survey:
        """How much is there within the span, and what one should know about it."""
        candles = self.read(symbol, timeframe, span.start, span.end)
        times = candles.open_time
        return Survey(
            rows=len(candles),
            first=int(times[0]) if len(times) else None,
            last=int(times[-1]) if len(times) else None,
            findings=tuple(findings(candles)),
        )

    def keep(self, candles: Candles, span: Span, sources: Mapping[str, str] | None = None) -> int:
        """Take these as all the candles there are in `span`; gives how many.

        What was kept of the span before is replaced. `sources` names the exchange's files they came from,
        with checksums. Raises BadCandles for impossible rows (nothing is kept then), BadSetting for candles
        outside of the span, StorageError if they cannot be written.
        """
        check(candles)
        if len(candles) and not (span.start <= candles.open_time[0] and candles.open_time[-1] < span.end):
            raise BadSetting(f"{candles.symbol} {candles.timeframe}: there are candles outside of {span}.")
        folder = self.folder_of(candles.symbol, candles.timeframe)
        with _told(folder, "written"):
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder):
                for piece in by_month(span):
                    _keep_part(folder, candles.between(piece.start, piece.end), piece, sources or {})
        return len(candles)

    def folder_of(self, symbol: Symbol, timeframe: Timeframe) -> Path:
        """Where the files of a series lie. Raises BadSetting for a symbol that cannot name a folder."""
        if not symbol.replace("_", "").replace("-", "").isalnum():  # it names a folder: no dots, no slashes
            raise BadSetting(
                f"{symbol!r} cannot be a symbol: it is written in letters and digits, as BTCUSDT."
            )
        return self.folder / symbol / _FOLDER_OF.get(timeframe.name, timeframe.name)


def month_name(at: int) -> str:
    """The month of an instant (ms UTC) as files are called: 2024-03."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _span_of(month: str) -> Span:
    return month_of(int(datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).timestamp()) * 1000)


@contextlib.contextmanager
def _told(folder: Path, doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The archive {folder} cannot be {doing} ({error.strerror or error}). Free some space, or give "
            "this user the right to write there; what was written before is kept."
        ) from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time: a month and its note change together."""
    with (folder / ".lock").open("a+b") as file:
        lock(file)
        try:
            yield
        finally:
            unlock(file)


def _keep_part(folder: Path, candles: Candles, span: Span, sources: Mapping[str, str]) -> None:
    """Replace what is known of `span`, which lies within one month."""
    parts = _read_parts(folder)
    month = month_name(span.start)
    path = folder / f"{month}.parquet"
    old = parts.get(month, Part())
    if old.sha256 and not path.exists():
        old = Part()  # somebody has deleted the file: begin anew
    if old.sha256:
        before = _read_part(path, old, candles.symbol, candles.timeframe)
        runs = [before.between(None, span.start), candles, before.between(span.end, None)]
        candles = _joined(runs, candles.symbol, candles.timeframe)
    whole = sources if span == month_of(span.start) else {**old.sources, **sources}
    new = Part(known=tuple(united([*old.known, span])), rows=len(candles), sources=dict(whole))
    if len(candles):
        beside = folder / f".{month}.parquet.new"
        write_candles(check(candles), beside)
        new = replace(new, sha256=sha256_of(beside))
        _write_parts(folder, parts | {month: replace(old, coming=new.sha256)})
        beside.replace(path)
    _write_parts(folder, parts | {month: new})
    if not len(candles):
        path.unlink(missing_ok=True)


def _read_part(path: Path, part: Part, symbol: Symbol, timeframe: Timeframe) -> Candles:
    if not path.exists() or sha256_of(path) not in (part.sha256, part.coming):
        what = "is not what was written there" if path.exists() else "is gone"
        raise StorageError(
            f"The archive's file {path} {what}. Delete it if it is there, and fetch its month again: "
            f"thebot fetch {symbol} {timeframe} --start {path.stem}."
        )
    return read_candles(path, symbol, timeframe)


def _joined(runs: list[Candles], symbol: Symbol, timeframe: Timeframe) -> Candles:
    """The runs one after another; a column that only some of them have is left out."""
    runs = [run for run in runs if len(run)]
    if not runs:
        return Candles.empty(symbol, timeframe)
    names = set.intersection(*(set(run.columns()) for run in runs))
    columns: dict[str, Any] = {name: np.concatenate([run.columns()[name] for run in runs]) for name in names}
    return Candles(symbol=symbol, timeframe=timeframe, **columns)


def _read_parts(folder: Path) -> dict[str, Part]:
    path = folder / "parts.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["version"] > _VERSION:
            raise StorageError(
                f"{path} was written by a newer thebot (version {found['version']}, this one knows up to "
                f"{_VERSION}). Update thebot, or use another data folder (--data DIR)."
            )
        return {month: Part.of_plain(values) for month, values in found["parts"].items()}
    except (FileNotFoundError, NotADirectoryError):  # the latter is told by whoever writes
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{path} cannot be read ({error!r}). Delete the folder {folder} and fetch its candles again."
        ) from error


def _write_parts(folder: Path, parts: Mapping[str, Part]) -> None:
    """Whole or not at all, and on the disk before anything builds on it."""
    text = json.dumps(
        {"version": _VERSION, "parts": {month: part.plain() for month, part in sorted(parts.items())}},
        indent=1,
    )
    beside = folder / ".parts.json.new"
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / "parts.json")
