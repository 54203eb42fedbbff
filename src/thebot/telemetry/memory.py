"""Keeping the process small: what glibc and Python hold on to beyond what is used."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from typing import Final

_ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's malloc.h
_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD
_LARGE: Final = 64 * 1024  # bytes; glibc would raise its own limit with each large block that is freed


def lean() -> None:
    """One heap for all threads (glibc otherwise keeps up to eight times the cores, each half empty), and
    large blocks outside of it, so that they leave no holes.

    Call it before threads are started. Elsewhere than on glibc it does nothing.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)


def settle() -> None:
    """After the work of starting up: give back what it used, and spare later collections what stays."""
    gc.collect()
    gc.freeze()
    trim()


def trim() -> None:
    """Give back to the system what was freed; takes about a millisecond."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
