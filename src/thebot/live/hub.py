"""One sender, many readers, and no reader who can make the sender wait or its memory grow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Hub(Generic[T]):
    """Hands every published item to every reader, in order.

    A reader that falls `capacity` items behind is cut off: its iteration ends, and it must read the state
    anew before it reads on. Nothing is dropped in silence.
    """

    def __init__(self, capacity: int = 5_000) -> None:
        self._capacity = capacity
        self._readers: set[_Reader[T]] = set()
        self.cut_off = 0  # readers so far that fell too far behind

    def publish(self, item: T) -> None:
        for reader in tuple(self._readers):
            if not reader.put(item, self._capacity):
                self._readers.discard(reader)
                self.cut_off += 1

    async def reader(self) -> AsyncIterator[T]:
        """Items from now on (from the first `anext`), until cut off or closed."""
        reader: _Reader[T] = _Reader()
        self._readers.add(reader)
        try:
            while True:
                while reader.items:
                    yield reader.items.popleft()
                if reader.ended:
                    return
                reader.news.clear()
                await reader.news.wait()
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """End all readers after what they have not read yet."""
        for reader in tuple(self._readers):
            reader.end()
        self._readers.clear()


class _Reader(Generic[T]):
    def __init__(self) -> None:
        self.items: deque[T] = deque()
        self.news = asyncio.Event()
        self.ended = False

    def put(self, item: T, capacity: int) -> bool:
        if len(self.items) >= capacity:
            self.items.clear()  # it reads anew anyway; keeping half of it would only mislead
            self.end()
            return False
        self.items.append(item)
        self.news.set()
        return True

    def end(self) -> None:
        self.ended = True
        self.news.set()
