"""The sandbox as a process: put together, announced, run, and ended cleanly."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thebot.errors import BadSetting
from thebot.exchange.sandbox.clock import Clock, WallClock
from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.server import Server
from thebot.exchange.sandbox.simulator import Simulator
from thebot.exchange.sandbox.sources import Source
from thebot.exchange.sandbox.universe import universe


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """As the command line says them."""

    port: int = 8765
    seed: int = 1
    symbols: int = 100
    replay: Path | None = None
    speed: float | None = None  # exchange seconds a real second
    trades_per_second: float = 10.0
    follow_parent: bool = False
    as_json: bool = False

    def __post_init__(self) -> None:
        if self.speed is not None and self.replay is None:
            raise BadSetting("--speed is for --replay: the simulator runs by the wall clock.")
        if self.speed is not None and not 0 < self.speed <= 1e6:
            raise BadSetting(f"--speed {self.speed:g} cannot be: it is above 0 and at most 1,000,000.")
        if not 0 < self.trades_per_second <= 200:
            raise BadSetting(
                f"--trades-per-second {self.trades_per_second:g} cannot be: above 0 and at most 200."
            )
        most = len(universe())
        if self.replay is None and self.symbols > most:
            raise BadSetting(
                f"--symbols {self.symbols} is more than the {most} markets that can be simulated."
            )


def run(options: Options) -> None:
    """Serve until Ctrl-C, SIGTERM, or (if asked) the parent's end."""
    source, clock, said = _opened(options)
    exchange = Exchange(source, clock)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(Server(exchange, options.port), options, said))


def _opened(options: Options) -> tuple[Source, Clock, dict[str, Any]]:
    """The source, its clock, and what is to be said of them."""
    if options.replay is not None:
        from thebot.exchange.sandbox.replay import opened

        replay = opened(options.replay, options.speed, options.trades_per_second)
        return (
            replay.source,
            replay.clock,
            {"timeframe": replay.timeframe.name, "left_out": list(replay.left_out)},
        )
    clock = WallClock()
    characters = universe()[: options.symbols]
    source = Simulator(options.seed, characters, options.trades_per_second, clock.now())
    return source, clock, {"timeframe": "1m", "left_out": []}


async def _serve(server: Server, options: Options, said: dict[str, Any]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    port = await server.start()
    if options.follow_parent:
        threading.Thread(target=_watch_parent, args=(loop, stop), daemon=True).start()
    exchange = server.exchange
    symbols = list(exchange.source.listings)
    url = f"http://127.0.0.1:{port}"
    start = {"url": url, "port": port, "pid": os.getpid(), "source": exchange.source.name, **said}
    if options.as_json:
        print(json.dumps({**start, "symbols": symbols}), flush=True)  # noqa: T201  (the first line is an interface)
    else:
        _announce(url, exchange, len(symbols), said)
    await server.run(stop)


def _announce(url: str, exchange: Exchange, count: int, said: dict[str, Any]) -> None:
    what = "simulating" if exchange.source.name == "simulator" else "replaying"
    lines = [f"Sandbox exchange at {url}: {what} {count} market{'s' * (count != 1)}. Ctrl-C ends it."]
    if exchange.source.name == "replay":
        began = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(exchange.now / 1000))
        speed = exchange.clock.speed
        lines.append(f"Its clock began at {began} and runs {speed:g} exchange seconds a second.")
    lines += [f"Left out: {reason}" for reason in said["left_out"]]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):  # whatever is written is of no interest; the end of it is
        pass
    loop.call_soon_threadsafe(stop.set)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop
