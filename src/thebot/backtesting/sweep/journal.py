"""What a search has tried so far, line by line in a file, so that nothing that was finished is done again.

The first line says what the search is of: another search does not go on with it. Each further line is one
variant, written and flushed to the disk in batches; a last line that was cut is lost alone.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from thebot.backtesting.scoring import Score
from thebot.backtesting.sweep.space import Variant
from thebot.backtesting.sweep.variants import Outcome
from thebot.errors import StorageError

_VERSION: Final = 1
_BACKWARDS: Final = 65_536  # bytes that are looked through at once for the end of the last whole line
_FIGURES: Final = tuple(each.name for each in fields(Score) if each.name != "curve")


def key_of(variant: Variant) -> str:
    """The same text for the same parameters, in whatever order they are named."""
    return json.dumps(dict(variant), sort_keys=True)


class Journal:
    """The file of one search. `about` is everything that its outcomes depend on besides the parameters."""

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        self.path = path
        self._about = {"version": _VERSION, **about}

    def read(self) -> list[Outcome]:
        """What is in it, each variant once; nothing if there is no such file.

        Raises StorageError if it is of another search, or no such file at all.
        """
        if not self.path.is_file():
            return []
        with self._told("read"):
            lines = self.path.read_bytes().split(b"\n")[:-1]  # a line without its end was cut
        if not lines:
            return []
        try:
            first, *rest = [json.loads(line) for line in lines]
            found = [_outcome(each) for each in rest if each != first] if "version" in first else None
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{self.path} cannot be read as the notes of a sweep ({error!r}). Name another file, or "
                "delete it."
            ) from error
        if found is None or first != json.loads(json.dumps(self._about)):
            raise StorageError(
                f"{self.path} holds another sweep (other candles, costs or strategy), so it cannot be gone "
                "on with. Name another file, or delete it to begin anew."
            )
        return list({key_of(each.parameters): each for each in found}.values())

    def append(self, outcomes: Iterable[Outcome]) -> None:
        """Write them to the disk. Raises StorageError if that cannot be done."""
        lines = [json.dumps(_plain(each)) for each in outcomes]
        with self._told("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                _drop_cut_line(file)
                if not file.tell():
                    lines.insert(0, json.dumps(self._about))
                file.write("".join(f"{line}\n" for line in lines).encode())
                file.flush()
                os.fsync(file.fileno())

    def _told(self, what: str) -> _Told:
        return _Told(self.path, what)


class _Told:
    """Says which file could not be read or written."""

    def __init__(self, path: Path, what: str) -> None:
        self._path, self._what = path, what

    def __enter__(self) -> None:
        return

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise StorageError(
                f"{self._path} cannot be {self._what} ({error.strerror or error}). What was tried before is "
                "kept; free some space or name another place, and try again."
            ) from error


def _drop_cut_line(file: BinaryIO) -> None:
    """Let the file end with its last whole line, and stand there."""
    end = file.seek(0, os.SEEK_END)
    while end:
        begin = max(0, end - _BACKWARDS)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            end = begin + found + 1
            break
        end = begin
    file.truncate(end)
    file.seek(end)


def _plain(outcome: Outcome) -> dict[str, Any]:
    plain: dict[str, Any] = {"parameters": dict(outcome.parameters)}
    if outcome.score is None:
        return {**plain, "why": outcome.why}
    figures = {name: getattr(outcome.score, name) for name in _FIGURES}
    curve = base64.b64encode(outcome.score.curve.astype(np.float64).tobytes()).decode()
    return {**plain, "figures": figures, "curve": curve}


def _outcome(plain: Mapping[str, Any]) -> Outcome:
    if "why" in plain:
        return Outcome(parameters=plain["parameters"], score=None, why=plain["why"])
    curve = np.frombuffer(base64.b64decode(plain["curve"]), np.float64)
    return Outcome(parameters=plain["parameters"], score=Score(**plain["figures"], curve=curve))
