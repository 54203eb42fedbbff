"""The embedded sandbox: the exchange as a child that ends with its parent and is restarted if it dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from thebot.errors import ExchangeUnreachable, ThebotError, UsageError

log = structlog.get_logger(__name__)

START_WITHIN: Final = 60.0  # seconds; reading a large folder for a replay takes a few
RESTART_AFTER: Final = 0.5  # seconds, doubled with each death in a row
RESTART_AT_MOST: Final = 30.0
HELD: Final = 60.0  # seconds: one that lived this long starts the count anew
END_WITHIN: Final = 1.0  # seconds before a child that does not end is killed


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """What the child is asked for; None leaves it to the sandbox."""

    symbols: int | None = None
    seed: int | None = None
    replay: Path | None = None
    speed: float | None = None

    def arguments(self) -> list[str]:
        pairs = (
            ("--symbols", self.symbols),
            ("--seed", self.seed),
            ("--replay", self.replay),
            ("--speed", self.speed),
        )
        return [text for name, value in pairs if value is not None for text in (name, str(value))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxStarted:
    """The child's own first words."""

    url: str
    port: int
    pid: int
    source: str  # "simulator" or "replay"
    timeframe: str  # of its candles, the shortest that is more than an inner path
    symbols: tuple[str, ...]
    left_out: tuple[str, ...]


class EmbeddedSandbox:
    """Starts, watches and ends the sandbox. `on_notice` is told when it died and was started again."""

    def __init__(self, options: SandboxOptions, on_notice: Callable[[str], None] = log.warning) -> None:
        self._options = options
        self._on_notice = on_notice
        self._child: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._port = 0
        self.restarts = 0

    async def start(self) -> SandboxStarted:
        """Raises UsageError with the child's own words where it refused, ExchangeUnreachable else."""
        started = await self._launch()
        self._port = started.port  # a restart takes the same, so that the client finds it again
        self._watch = asyncio.create_task(self._keep_alive(), name="embedded sandbox")
        return started

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def tell(self, on_notice: Callable[[str], None]) -> None:
        """Send notices there from now on."""
        self._on_notice = on_notice

    async def stop(self) -> None:
        """End the child; kill it if it does not."""
        if self._watch:
            self._watch.cancel()
        child = self._child
        if child is None or child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(END_WITHIN):
                await child.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _launch(self) -> SandboxStarted:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "thebot", "sandbox", "--port", str(self._port), "--json", "--follow-parent",
            *self._options.arguments(),
            stdin=asyncio.subprocess.PIPE,  # it ends when this closes, so it never outlives us
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us, and we end it in order
        )  # fmt: skip
        self._child = child
        try:
            async with asyncio.timeout(START_WITHIN):
                first = await _stdout(child).readline()
        except TimeoutError:
            child.kill()
            raise ExchangeUnreachable(
                f"The embedded sandbox exchange did not start within {START_WITHIN:.0f} s. "
                "Is the machine very busy? Try again, or with fewer --symbols."
            ) from None
        if not first:
            raise await _refusal(child)
        self._drain = [asyncio.create_task(_log(_stdout(child))), asyncio.create_task(_log(_stderr(child)))]
        return _read(first)

    async def _keep_alive(self) -> None:
        loop = asyncio.get_running_loop()
        pause = RESTART_AFTER
        while self._child is not None:
            begun = loop.time()
            code = await self._child.wait()
            pause = RESTART_AFTER if loop.time() - begun > HELD else pause
            self._on_notice(f"The sandbox exchange ended unexpectedly (exit code {code}); starting it again.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, RESTART_AT_MOST)
            self.restarts += 1
            try:
                await self._launch()
            except ThebotError as error:
                self._on_notice(str(error))


def _read(line: bytes) -> SandboxStarted:
    said: dict[str, Any] = json.loads(line)
    return SandboxStarted(
        url=said["url"],
        port=said["port"],
        pid=said["pid"],
        source=said["source"],
        timeframe=said["timeframe"],
        symbols=tuple(said["symbols"]),
        left_out=tuple(str(each) for each in said.get("left_out", ())),
    )


async def _refusal(child: asyncio.subprocess.Process) -> ThebotError:
    """What the child said on its way out, as our own error."""
    text = (await _stderr(child).read()).decode(errors="replace").strip()
    code = await child.wait()
    why = text.splitlines()[-1].removeprefix("thebot: ") if text else f"exit code {code}, without a word"
    if code == UsageError.exit_code:
        return UsageError(why)
    return ExchangeUnreachable(f"The embedded sandbox exchange did not start: {why}")


async def _log(stream: asyncio.StreamReader) -> None:
    while line := await stream.readline():
        log.info("sandbox", said=line.decode(errors="replace").rstrip())


def _stdout(child: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if child.stdout is None:
        raise RuntimeError("the child was started without a pipe for its output")
    return child.stdout


def _stderr(child: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if child.stderr is None:
        raise RuntimeError("the child was started without a pipe for its errors")
    return child.stderr
