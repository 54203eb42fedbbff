"""Where the files of results lie: a folder each in `results/`, which appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thebot.errors import StorageError
from thebot.storage.folder import DataFolder
from thebot.storage.locks import lock, unlock
from thebot.storage.results.rows import is_id

TRADES: Final = "trades.parquet"
EQUITY: Final = "equity.parquet"

NO_FILES: Final = "its trades and equity are not in this data folder"
NO_ROW: Final = "its files are there, but what they are of was never written down"


@dataclass(frozen=True, slots=True)
class ResultsFolder:
    """`results/` of a data folder. What begins with a dot there is being written or removed."""

    data: DataFolder

    @property
    def path(self) -> Path:
        return self.data.path / "results"

    @property
    def database_url(self) -> str:
        """The address of the embedded database of results."""
        return f"sqlite:///{self.data.path / 'results.db'}"

    def of(self, id: str) -> Path:
        return self.path / id

    def beside(self, id: str) -> Path:
        """Where its files are written before they appear."""
        return self.path / f".{id}.new"

    def damage(self, id: str) -> str:
        """What is wrong with the files of a result that the database knows; empty if nothing is."""
        folder = self.of(id)
        return "" if (folder / TRADES).is_file() and (folder / EQUITY).is_file() else NO_FILES

    def ids(self) -> set[str]:
        """Of all results that have files here."""
        try:
            return {each.name for each in self.path.iterdir() if is_id(each.name)}
        except FileNotFoundError:
            return set()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One process at a time writes here; what another left unfinished when it died is swept away.

        Raises DataFolderError if the folder cannot be written, StorageError if what happens within fails.
        """
        self.data.prepare()
        with self._told("written"):
            self.path.mkdir(exist_ok=True)
            with (self.path / ".lock").open("a") as file:
                lock(file)
                try:
                    for left in self.path.glob(".*.new"):
                        shutil.rmtree(left)
                    yield
                finally:
                    unlock(file)

    def publish(self, id: str) -> None:
        """Let what was written beside appear, in one step."""
        self.beside(id).rename(self.of(id))
        with contextlib.suppress(
            OSError, AttributeError
        ):  # so that a power cut does not undo it; not on Windows
            handle = os.open(self.path, os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def remove(self, id: str) -> bool:
        """Remove the files of a result, which first disappear in one step; says whether there were any."""
        with self._told("removed"):
            try:
                gone = self.of(id).rename(self.beside(id))
            except FileNotFoundError:
                return False
            shutil.rmtree(gone)
            return True

    @contextlib.contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"The result could not be {doing} in {self.path} ({error.strerror or error}). Free some "
                "space or give this user the right to write there; results saved before are kept."
            ) from error
