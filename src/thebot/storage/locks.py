"""Locks on files, released by the system if their holder dies. They hold between processes only."""

from __future__ import annotations

import sys
from typing import IO, Any, Final

_FAR: Final = 1 << 20  # beyond any text in the file: on Windows a locked byte cannot be read

if sys.platform == "win32":
    import msvcrt

    def try_lock(file: IO[Any]) -> bool:
        """Take the lock if it is free; says whether it was."""
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def lock(file: IO[Any]) -> None:
        """Wait for the lock (on Windows for ten seconds at most: then OSError) and take it."""
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)

    def unlock(file: IO[Any]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(file: IO[Any]) -> bool:
        """Take the lock if it is free; says whether it was."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def lock(file: IO[Any]) -> None:
        """Wait for the lock and take it."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def unlock(file: IO[Any]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
