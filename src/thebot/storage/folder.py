"""The data folder: where everything is kept, and the lock that lets one instance at a time use it."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import platformdirs

from thebot.errors import DataFolderError
from thebot.storage.locks import try_lock, unlock


def default_folder() -> Path:
    """The platform's own place for a user's data: ~/.local/share/thebot on Linux."""
    return Path(platformdirs.user_data_dir("thebot", appauthor=False))


@dataclass(frozen=True, slots=True)
class DataFolder:
    """One folder with all state: `thebot.db`, `candles/`, `config.toml`. Nothing is made until `prepare`."""

    path: Path

    @classmethod
    def at(cls, path: Path | str | None = None) -> DataFolder:
        """That folder, or the default one; `~` is understood."""
        return cls((Path(path).expanduser() if path is not None else default_folder()).absolute())

    @property
    def database(self) -> Path:
        return self.path / "thebot.db"

    @property
    def database_url(self) -> str:
        """The address of the embedded database, as `storage.Database` takes it."""
        return f"sqlite+aiosqlite:///{self.database}"

    def archive(self, exchange: str = "binance") -> Path:
        """Where fetched candles lie. Only the real exchange's are in `candles/`: others have other prices."""
        return self.path / ("candles" if exchange == "binance" else f"candles-{exchange}")

    @property
    def config_file(self) -> Path:
        return self.path / "config.toml"

    @property
    def lock_file(self) -> Path:
        return self.path / "thebot.lock"

    def prepare(self) -> DataFolder:
        """Make the folder (readable by its owner only) and prove that it can be written.

        Raises DataFolderError if it cannot.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"x")
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    @contextlib.contextmanager
    def hold(self, address: str = "") -> Iterator[FolderLock]:
        """Prepare the folder and keep it for this process until the block ends (or the process does).

        Raises DataFolderError, with the holder's process id and address, if another instance has it.
        """
        self.prepare()
        # Not inherited by programs started from here; children must not be forked while it is held.
        try:
            file = self.lock_file.open("a+", encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error) from error
        with file:
            if not try_lock(file):
                raise DataFolderError(self._taken(_holder(file)))
            lock = FolderLock(file)
            lock.announce(address)
            try:
                yield lock
            finally:
                file.truncate(0)
                unlock(file)

    def holder(self) -> dict[str, Any] | None:
        """`pid` and `address` of the instance that uses the folder now, or None if none does."""
        try:
            with self.lock_file.open("r+", encoding="utf-8") as file:
                if try_lock(file):
                    unlock(file)
                    return None
                return _holder(file)
        except FileNotFoundError:
            return None

    def _unwritable(self, error: OSError) -> DataFolderError:
        return DataFolderError(
            f"The data folder {self.path} cannot be written ({error.strerror or error}). Give this user the "
            "right to write there, free some space, or choose another folder with --data."
        )

    def _taken(self, holder: dict[str, Any]) -> str:
        address = f" at {holder['address']}" if holder.get("address") else ""
        return (
            f"The data folder {self.path} is in use by another instance of thebot (process "
            f"{holder.get('pid', 'unknown')}{address}): two of them would write over each other. "
            "Stop that one, or start this one with another folder (--data DIR)."
        )


class FolderLock:
    """The right to use a data folder; released by the system if the process dies."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def announce(self, address: str) -> None:
        """Tell those who find the folder taken where the holder can be reached."""
        self._file.truncate(0)
        self._file.write(json.dumps({"pid": os.getpid(), "address": address}))
        self._file.flush()


def _holder(file: IO[str]) -> dict[str, Any]:
    file.seek(0)
    try:
        found = json.loads(file.read())
    except ValueError:  # the holder is just writing it
        return {}
    return found if isinstance(found, dict) else {}
