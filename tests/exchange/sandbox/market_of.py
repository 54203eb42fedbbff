"""An exchange in this process, with a clock that is set by hand and a listener that keeps what it hears."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from thebot.exchange.sandbox.anchors import LISTED
from thebot.exchange.sandbox.exchange import TICK, Exchange
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.limits import Limits
from thebot.exchange.sandbox.parameters import Parameters
from thebot.exchange.sandbox.rest import Request, Rest
from thebot.exchange.sandbox.simulator import Simulator
from thebot.exchange.sandbox.universe import universe
from thebot.market import Candles
from thebot.market.parquet import write_candles
from thebot.market.timeframe import DAY, MINUTE, Timeframe

START = LISTED + 800 * DAY + 7 * MINUTE + 41_000


@dataclass
class HandClock:
    at: int
    speed: float = 1.0

    def now(self) -> int:
        return self.at


@dataclass(eq=False)
class Ear:
    """Hears streams; `heard` are the events, decoded."""

    combined: bool = True
    unit: int = 1
    heard: list[dict[str, Any]] = field(default_factory=list)

    def take(self, message: bytes) -> None:
        start = 2 if message[1] < 126 else 4 if message[1] == 126 else 10
        self.heard.append(json.loads(message[start:]))

    def of(self, name: str) -> list[Any]:
        return [event["data"] for event in self.heard if event["stream"] == name]


@dataclass
class Hall:
    """An exchange and its clock."""

    exchange: Exchange
    clock: HandClock

    @property
    def rest(self) -> Rest:
        return Rest(self.exchange, Limits())

    def listen(self, names: Iterable[str], **form: Any) -> Ear:
        ear = Ear(**form)
        for name in names:
            self.exchange.hub.subscribe(ear, name)
        return ear

    def run(self, milliseconds: int) -> None:
        """Let that much exchange time pass, tick by tick."""
        step = max(1, round(TICK * 1000 * self.clock.speed))
        end = self.clock.at + milliseconds
        while self.clock.at < end:
            self.clock.at = min(end, self.clock.at + step)
            self.exchange.tick()

    def ask(self, path: str, unit: int = 1, **given: Any) -> Any:
        """The answer of a REST endpoint."""
        parameters = Parameters({k: str(v) for k, v in given.items()}, self.exchange.source.listings)
        return json.loads(self.rest.endpoints[path](Request(parameters, unit, lambda weight: None)))


def simulated(*symbols: str, rate: float = 5.0, now: int = START, seed: int = 1) -> Hall:
    wanted = [each for each in universe() if each.listing.symbol in (symbols or ("BTCUSDT",))]
    clock = HandClock(now)
    return Hall(Exchange(Simulator(seed, wanted, rate, now), clock), clock)


def candles_file(
    folder: Path,
    symbol: str = "AAAUSDT",
    timeframe: str = "1h",
    count: int = 560,
    without: Iterable[int] = (),
    first: int = 1_600_000_200_000 - 1_600_000_200_000 % DAY,
    seed: int = 3,
) -> Candles:
    """Writes SYMBOL-TIMEFRAME.parquet of a random walk; `without` leaves out candles by number."""
    random = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.01, count))), 2)
    open_ = np.round(np.concatenate([[100.0], close[:-1]]) + random.integers(-3, 4, count) / 100, 2)
    high = np.round(np.maximum(open_, close) + random.integers(0, 80, count) / 100, 2)
    low = np.round(np.minimum(open_, close) - random.integers(0, 80, count) / 100, 2)
    keep = np.array([i for i in range(count) if i not in set(without)])
    candles = Candles(
        symbol=symbol, timeframe=Timeframe(timeframe),
        open_time=(first + np.arange(count) * Timeframe(timeframe).nominal_ms)[keep],
        open=open_[keep], high=high[keep], low=low[keep], close=close[keep],
        volume=np.round(random.lognormal(5, 1, count), 3)[keep],
    )  # fmt: skip
    write_candles(candles, folder / f"{symbol}-{timeframe}.parquet")
    return candles


def rows_of(hall: Hall, symbol: str, interval: str, start: int, end: int) -> dict[int, list[Any]]:
    """Klines by open time as REST gives them, of closed candles with start <= open time < end."""
    found: dict[int, list[Any]] = {}
    at = start
    while True:
        rows = hall.ask("klines", symbol=symbol, interval=interval, startTime=at, endTime=end - 1, limit=1000)
        found |= {row[0]: row for row in rows if row[6] < hall.exchange.now}
        if len(rows) < 1000:
            return found
        at = Interval(interval).close_time(rows[-1][0])


def row_of(kline: dict[str, Any]) -> list[Any]:
    """A streamed kline as the row that REST gives."""
    k = kline["k"]
    return [k["t"], k["o"], k["h"], k["l"], k["c"], k["v"], k["T"], k["q"], k["n"], k["V"], k["Q"], "0"]
