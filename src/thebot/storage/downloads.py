"""Downloads the exchange's files of past candles over a network that may fail at any moment."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

from thebot.errors import ExchangeUnreachable, MalformedMessage
from thebot.resilience import Backoff
from thebot.storage.bulk import BULK_ADDRESS, BulkFile

if TYPE_CHECKING:
    import aiohttp

Answer = TypeVar("Answer")

ATTEMPTS: Final = 5
_TIMEOUT: Final = 30.0  # seconds without a byte
_BACKOFF: Final = Backoff(first=0.5, longest=10.0)
_BLOCK: Final = 256 * 1024  # bytes


class BulkFiles:
    """The exchange's files at one base address. `wait` and `chance` are handed in for tests."""

    def __init__(
        self,
        address: str = BULK_ADDRESS,
        *,
        backoff: Backoff = _BACKOFF,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.address = address.rstrip("/")
        self._backoff, self._wait, self._chance = backoff, wait, chance
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, connect=_TIMEOUT, sock_read=_TIMEOUT)
        self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def checksum(self, file: BulkFile) -> str | None:
        """The SHA-256 that is published for the file; None if the file is not published (yet)."""
        text = await self._persistently(f"{file.path}.CHECKSUM", self._text)
        if text is None:
            return None
        digest = text.split(maxsplit=1)[0] if text.strip() else ""
        if not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
            raise MalformedMessage(
                f"The checksum of {file.name} cannot be read: {text[:80]!r}", text=text[:300]
            )
        return digest.lower()

    async def download(self, file: BulkFile, into: Path) -> bool:
        """Write the file to `into`; False if it is not published (yet)."""

        async def save(answer: aiohttp.ClientResponse) -> bool:
            with into.open("wb") as out:
                async for block in answer.content.iter_chunked(_BLOCK):
                    out.write(block)
            return True

        return await self._persistently(file.path, save) is not None

    @staticmethod
    async def _text(answer: aiohttp.ClientResponse) -> str:
        return (await answer.content.read(4096)).decode("utf-8", "replace")

    async def _persistently(
        self, path: str, read: Callable[[aiohttp.ClientResponse], Awaitable[Answer]]
    ) -> Answer | None:
        """Ask until there is an answer; None for 404. Raises ExchangeUnreachable after some attempts."""
        import aiohttp

        if self._session is None:
            raise RuntimeError("BulkFiles is used inside `async with`")
        why = ""
        for attempt in range(1, ATTEMPTS + 1):
            pause = self._backoff.delay(attempt, self._chance())
            try:
                async with self._session.get(self.address + path) as answer:
                    if answer.status == 404:
                        return None
                    if answer.status == 200:
                        return await read(answer)
                    why = f"HTTP {answer.status}"
                    if answer.status < 500 and answer.status not in (408, 418, 429):
                        break
                    pause = max(pause, float(answer.headers.get("Retry-After", "0")))
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                why = str(error) or type(error).__name__
            if attempt < ATTEMPTS:
                await self._wait(pause)
        raise ExchangeUnreachable(
            f"{self.address}{path} could not be had ({why}). Check the network, or fetch with --source rest; "
            "what was fetched before is kept."
        )
