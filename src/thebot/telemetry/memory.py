"""Keeping the process small: what glibc and Python hold on to beyond what is used."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from typing import Final

_ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's malloc.h


def one_arena() -> None:
    """One heap for all threads: glibc otherwise keeps up to eight times the cores, each half empty.

    Call it before threads are started. Elsewhere than on glibc it does nothing.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def settle() -> None:
    """After the work of starting up: give back what it used, and leave what stays out of later collections."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
