"""The composition root of `thebot up`: the parts, and the order in which they start and end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from thebot.config import Configuration, Settings
from thebot.errors import BadSetting, PlatformError, PortInUse, UnknownName
from thebot.exchange.binance import BinanceMarketSource
from thebot.exchange.binance.addresses import Addresses, addresses
from thebot.exchange.embedded import EmbeddedSandbox, SandboxOptions, SandboxStarted
from thebot.live.desk import Mode
from thebot.live.experiment import Bench
from thebot.live.platform import Platform, PlatformOptions
from thebot.market import Instrument, Symbol, Timeframe
from thebot.storage import Database, DataFolder, Writer
from thebot.strategy import strategies, strategy
from thebot.telemetry import configure

if TYPE_CHECKING:
    from thebot.dashboard.lab import Research
    from thebot.dashboard.server import Server

log = structlog.get_logger(__name__)

END_WITHIN: Final = 1.5  # seconds for an orderly end; what is not done by then is cut
LOG_AT_MOST: Final = 10 * 1024 * 1024  # bytes; a larger log of earlier runs is put aside
MODES: Final = {
    "sandbox": Mode.SANDBOX,
    "binance": Mode.WATCH,
    "binance-testnet": Mode.TESTNET,
    "binance-demo": Mode.DEMO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What `thebot up` was asked for beyond the settings."""

    configuration: Configuration
    replay: Path | None = None
    speed: float | None = None
    seed: int | None = None
    dashboard: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What there is to tell once it runs. `url` is None without a dashboard."""

    mode: Mode
    url: str | None
    pid: int
    platform: Platform
    folder: DataFolder
    sandbox: SandboxStarted | None
    sandbox_pid: int | None


async def up(launch: Launch, announce: Callable[[Running], None]) -> None:
    """Run the platform until it is told to end (SIGINT or SIGTERM); `announce` is called once it runs.

    Raises UsageError, PlatformError or ExchangeError if it cannot start.
    """
    stop = asyncio.Event()
    settings, folder = launch.configuration.settings, launch.configuration.folder
    with contextlib.ExitStack() as held, _signals(stop):
        lock = held.enter_context(folder.hold())
        listener = held.enter_context(_listening(settings)) if launch.dashboard else None
        held.enter_context(_logging(folder, settings.log_level))
        async with contextlib.AsyncExitStack() as parts:
            async with _cut_short_by(stop):
                venue = await parts.enter_async_context(_venue(launch))
                source = BinanceMarketSource(venue.addresses)
                parts.push_async_callback(source.close)
                await source.time()
                instruments = await source.instruments()
                database = await Database(_database_url(launch, venue)).open()
                parts.push_async_callback(database.close)
                writer = await parts.enter_async_context(Writer(database))
                symbols = await _symbols(settings, source, instruments)
                options = _options(launch.configuration, venue, symbols)
                platform = Platform(options, source, instruments, database, writer)
                parts.push_async_callback(platform.close)
                if venue.sandbox:
                    venue.sandbox.tell(platform.notice)
                server = None
                if listener:
                    research = await parts.enter_async_context(_research(launch, venue))
                    server = _server(platform, settings, research)
                url = _url(listener, settings) if listener else None
                lock.announce(url or "")
                running = Running(
                    mode=options.mode,
                    url=url,
                    pid=os.getpid(),
                    platform=platform,
                    folder=folder,
                    sandbox=venue.started,
                    sandbox_pid=venue.sandbox.pid if venue.sandbox else None,
                )
            if stop.is_set():
                return
            await _until_stopped(stop, platform, server, listener, lambda: announce(running))


@contextlib.asynccontextmanager
async def _cut_short_by(stop: asyncio.Event) -> AsyncIterator[None]:
    """Leave the block at once when `stop` is set: to read a large replay, or to wait for a far exchange that
    does not answer, takes long, and whoever presses Ctrl-C then waits no longer. Ask `stop` afterwards."""
    task = asyncio.current_task()

    async def cut() -> None:
        await stop.wait()
        if task is not None:
            task.cancel()

    watch = asyncio.create_task(cut(), name="cut short")
    try:
        yield
    except asyncio.CancelledError:
        if task is None or not stop.is_set() or task.uncancel():
            raise
    finally:
        watch.cancel()


async def _until_stopped(
    stop: asyncio.Event,
    platform: Platform,
    server: Server | None,
    listener: socket.socket | None,
    announce: Callable[[], None],
) -> None:
    """Run everything; an error in any part ends the rest and comes out."""
    work = [asyncio.create_task(platform.run(), name="platform")]
    if server is not None and listener is not None:
        work.append(asyncio.create_task(server.serve(sockets=[listener]), name="server"))
        ready = asyncio.create_task(server.ready.wait(), name="ready")
        await asyncio.wait([ready, *work], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
    if not any(task.done() for task in work):
        announce()
    ending = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait([*work, ending], return_when=asyncio.FIRST_COMPLETED)
    finally:
        if server is not None:
            server.end()
        work[0].cancel()
        ending.cancel()
        done, late = await asyncio.wait(work, timeout=END_WITHIN)
        for task in late:
            task.cancel()
    for task in done:
        if not task.cancelled() and (error := task.exception()):
            raise _plain(error)
    if not stop.is_set():
        raise PlatformError(
            "The dashboard's server has ended by itself, and with it everything else. thebot.log in the data "
            "folder says more; start again."
        )


def _plain(error: BaseException) -> BaseException:
    """The first error inside a group: one sentence is wanted, not a tree of tasks."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Venue:
    """The exchange to talk to; `sandbox` if we run it ourselves."""

    addresses: Addresses
    sandbox: EmbeddedSandbox | None = None
    started: SandboxStarted | None = None


@contextlib.asynccontextmanager
async def _venue(launch: Launch) -> AsyncIterator[_Venue]:
    settings = launch.configuration.settings
    if settings.exchange != "sandbox":
        asked = {"--replay": launch.replay, "--speed": launch.speed, "--seed": launch.seed}
        for option in (name for name, value in asked.items() if value is not None):
            raise BadSetting(
                f"{option} is for the sandbox, but the exchange is {settings.exchange}. "
                "Leave out one of the two."
            )
        yield _Venue(addresses=addresses(settings.exchange))
        return
    from thebot.exchange.sandbox.universe import universe  # late: only where there is a sandbox

    count = None if launch.replay else min(settings.max_symbols, len(universe()))
    sandbox = EmbeddedSandbox(
        SandboxOptions(symbols=count, seed=launch.seed, replay=launch.replay, speed=launch.speed)
    )
    starting = asyncio.create_task(sandbox.start())
    try:
        if launch.dashboard:
            await asyncio.sleep(0)  # let the child begin: it starts while we import
            import thebot.dashboard  # noqa: F401  (half a second, made use of)
        yield _Venue(
            addresses=Addresses.of_sandbox((await starting).url), sandbox=sandbox, started=starting.result()
        )
    finally:
        starting.cancel()
        await sandbox.stop()


async def _symbols(
    settings: Settings, source: BinanceMarketSource, instruments: Mapping[Symbol, Instrument]
) -> tuple[Symbol, ...]:
    """Those asked for; else all of the sandbox's, or the USDT pairs with most quote volume."""
    trading = {symbol for symbol, instrument in instruments.items() if instrument.trading}
    for symbol in settings.symbols:
        if symbol not in trading:
            raise UnknownName("market", symbol, sorted(trading))
    if settings.symbols:
        return settings.symbols
    days = {day.symbol: day.quote_volume for day in await source.days()}
    wanted = [s for s in trading if settings.exchange == "sandbox" or instruments[s].quote == "USDT"]
    wanted.sort(key=lambda symbol: days.get(symbol, 0.0), reverse=True)
    return tuple(wanted[: settings.max_symbols])


def _options(configuration: Configuration, venue: _Venue, symbols: tuple[Symbol, ...]) -> PlatformOptions:
    settings = configuration.settings
    shortest = min(*settings.timeframes, *settings.signal_timeframes, Timeframe("1m"))
    base = Timeframe(venue.started.timeframe) if venue.started else shortest
    enabled = settings.enabled_strategies(strategies())
    return PlatformOptions(
        mode=MODES[settings.exchange],
        symbols=symbols,
        base=base,
        timeframes=_made_of(base, settings.timeframes),
        signal_timeframes=_made_of(base, settings.signal_timeframes),
        strategies=tuple(strategy(name, **parameters) for name, parameters in enabled.items()),
        indicators=configuration.indicators,
    )


def _made_of(base: Timeframe, wanted: tuple[Timeframe, ...]) -> tuple[Timeframe, ...]:
    """Those of `wanted` that candles of `base` add up to (a replay of hours has no minutes), or the base."""
    return tuple(timeframe for timeframe in wanted if base.divides(timeframe)) or (base,)


def _database_url(launch: Launch, venue: _Venue) -> str:
    """The database in force; in the data folder, one file for each venue (decision 0003)."""
    configuration = launch.configuration
    if configuration.settings.database_url is not None or venue.addresses.name == "binance":
        return configuration.database_url
    name = f"replay-{launch.replay.resolve().name}" if launch.replay else venue.addresses.name
    return f"sqlite+aiosqlite:///{configuration.folder.path / f'thebot-{name}.db'}"


@contextlib.asynccontextmanager
async def _research(launch: Launch, venue: _Venue) -> AsyncIterator[Research]:
    """The lab over the candles of this exchange, and the results, which are of no exchange."""
    from thebot.dashboard.lab import Research
    from thebot.live.laboratory import Laboratory
    from thebot.storage.results import ResultsReader

    folder, address = launch.configuration.folder, launch.configuration.settings.database_url
    database = None if address is None else address.get_secret_value()
    bench = Bench(
        data=str(folder.path),
        candles=str(_candles_of(launch, folder)),
        exchange=venue.addresses.name if venue.started is None else venue.started.url,
        database=database,
    )
    async with ResultsReader(folder, database) as results:
        yield Research(laboratory=Laboratory(bench), results=results)


def _candles_of(launch: Launch, folder: DataFolder) -> Path:
    """The folder whose archive holds this exchange's candles: a sandbox of another seed has other prices."""
    if launch.replay:
        return folder.path / f"replay-{launch.replay.resolve().name}"
    return folder.path if launch.seed is None else folder.path / f"sandbox-seed-{launch.seed}"


def _server(platform: Platform, settings: Settings, research: Research) -> Server:
    from thebot.dashboard import DashboardOptions  # late: with --no-dashboard none of the web is loaded
    from thebot.dashboard.server import Server

    return Server(platform, DashboardOptions(host=settings.dashboard.host), research)


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The dashboard's socket, taken first: a port in use is said before anything is started."""
    host, port = settings.dashboard.host, settings.dashboard.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise BadSetting(
                    f"{host} is no address of this machine ({error.strerror}), so the dashboard cannot "
                    "listen there. Leave out --host to listen on 127.0.0.1."
                ) from error
            raise PortInUse(
                f"The dashboard cannot listen on {host}:{port} ({error.strerror}). "
                "Stop the program that uses the port, or choose another with --port (0 takes a free one)."
            ) from error
        listener.setblocking(False)
        yield listener


def _url(listener: socket.socket, settings: Settings) -> str:
    host = settings.dashboard.host
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  (read, not bound)
    return f"http://{shown}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal set `stop`; a second time is taken as impatience and ends the
    process at once."""
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # under nohup it goes on without its terminal
        heard.append(signal.SIGHUP)
    for number in heard:
        loop.add_signal_handler(number, ask)
    try:
        yield
    finally:
        for number in heard:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _logging(folder: DataFolder, level: str) -> Iterator[None]:
    """Logs go to thebot.log in the data folder; the terminal stays for what a person asked to see.

    The file stays open until the process ends: libraries have last words when they are taken apart.
    """
    path = folder.path / "thebot.log"
    if path.exists() and path.stat().st_size > LOG_AT_MOST:
        path.replace(path.with_suffix(".log.1"))
    configure(level=level, stream=path.open("a", encoding="utf-8", buffering=1))
    log.info("starting", pid=os.getpid())
    try:
        yield
    finally:
        log.info("ended", pid=os.getpid())
