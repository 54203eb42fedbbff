"""A small desk for the dashboard's tests: invented prices that move, and parts that fail when told to.

Run as a program it serves the real dashboard over itself and prints its address as JSON. POST
/test/fail?what=signals makes that part raise; POST /test/fail?what= mends everything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import numpy as np

from thebot.errors import ExchangeUnreachable
from thebot.indicators import Expression, bbands, ema, macd, rsi
from thebot.live.board import Board
from thebot.live.charts import Charts
from thebot.live.desk import Chart, DeskEvent, Forming, Mode
from thebot.live.hub import Hub
from thebot.market import Candle, Candles, Instrument, Timeframe
from thebot.strategy.signal import Signal

NAMES = """
BTC ETH BNB SOL XRP DOGE ADA TRX AVAX LINK DOT MATIC LTC BCH NEAR UNI ATOM XLM ETC FIL APT ARB OP INJ SUI
AAVE GRT MKR RUNE SAND MANA AXS EGLD THETA FTM ALGO VET ICP HBAR QNT LDO CRV SNX COMP ZEC DASH EOS XTZ
KAVA CHZ ENJ BAT ZIL IOTA NEO WAVES KSM YFI SUSHI 1INCH CELO ROSE GALA APE IMX FLOW MINA KLAY DYDX GMX STX
RNDR PEPE SHIB FLOKI BONK WIF JUP PYTH TIA SEI ORDI BLUR CFX MASK AGIX FET OCEAN WLD ARKM ID RDNT PENDLE
SSV LQTY HOOK MAGIC HIGH GMT JASMY
"""
BASES = NAMES.split()
TIMEFRAMES = tuple(Timeframe(name) for name in ("1m", "5m", "15m", "1h", "4h", "1d"))
OLDEST = 2_000  # candles of history


class SmallDesk:
    """Prices walk `changes` times a second and symbol; candles close by the wall clock."""

    def __init__(self, symbols: int = 100, changes: float = 10.0, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        names = [f"{base}USDT" for base in BASES[:symbols]]
        prices = 10 ** rng.uniform(-4, 4.8, len(names))
        ticks = [Decimal(1).scaleb(int(np.floor(np.log10(price))) - 4) for price in prices]
        self.board = Board(names)
        self.instruments = {
            name: Instrument(symbol=name, base=name[:-4], quote="USDT", tick=tick, step=Decimal("0.001"))
            for name, tick in zip(names, ticks, strict=True)
        }
        self.failing: set[str] = set()
        self.found: list[Signal] = []
        self.mode, self.timeframes, self.default_timeframe = Mode.SANDBOX, TIMEFRAMES, TIMEFRAMES[0]
        self.indicators = (ema(50), bbands(20, 2), rsi(14), macd())
        self._charts = Charts(self.indicators)
        self._ticks = np.array([float(tick) for tick in ticks])
        self._rng, self._changes = rng, changes
        self._hub: Hub[DeskEvent] = Hub()
        self._histories: dict[tuple[str, str], Candles] = {}
        self._forming: dict[tuple[str, str], Candle] = {}
        now = time.time_ns() // 1_000_000
        for row, (name, price) in enumerate(zip(names, prices, strict=True)):
            self.board.trade(row, self._on_tick(row, price), now, time.monotonic())
            path = price * np.exp(np.cumsum(rng.normal(0, 0.006, 49))[::-1])
            at = now - np.arange(48, -1, -1) * 1_800_000
            self.board.set_spark(name, at.astype(np.int64), path[::-1])
            self.board.day(row, path[0], path.max(), path.min(), price * 10 ** rng.uniform(3, 7))
            self.board.stale[row] = row == 7 and symbols > 7  # one that has stopped ticking

    def _on_tick(self, row: int, price: float) -> float:
        tick = self._ticks[row]
        return max(tick, round(price / tick) * tick)

    async def run(self) -> None:
        """Moves prices for ever."""
        board, pause = self.board, 0.01
        while True:
            await asyncio.sleep(pause)
            now, heard = time.time_ns() // 1_000_000, time.monotonic()
            moved = np.flatnonzero(self._rng.random(len(board)) < self._changes * pause * 1.05)
            for row in moved:
                if not board.stale[row]:
                    step = 1 + self._rng.normal(0, 2e-4)
                    board.trade(int(row), self._on_tick(int(row), float(board.price[row]) * step), now, heard)
            board.count(heard)
            self._roll(now)

    def _roll(self, now: int) -> None:
        for key, candle in list(self._forming.items()):
            if candle.close_time <= now:
                self.close(*key)

    def close(self, symbol: str, timeframe: str) -> None:
        """Closes the forming candle of a chart."""
        candle = self._newest(symbol, Timeframe(timeframe))
        history = self._histories[symbol, timeframe]
        self._histories[symbol, timeframe] = history.followed_by(
            Candles.of([candle], symbol, candle.timeframe)
        )
        del self._forming[symbol, timeframe]
        self._newest(symbol, candle.timeframe)
        self._charts.step(candle)
        self._hub.publish(DeskEvent(kind="candle", candle=candle))

    def signal(self, symbol: str, side: str, confidence: float = 1.0, timeframe: str = "1m") -> None:
        """A strategy decides now."""
        price = float(self.board.price[self.board.row(symbol)])
        frame = Timeframe(timeframe)
        why = ("RSI(14) 31.2 crossed above 30", "Supertrend(10, 3) turned down")
        buy = side == "BUY"
        made = Signal(
            symbol=symbol,
            timeframe=frame,
            at=frame.floor(self.exchange_time()),
            side="BUY" if buy else "SELL",
            strength=0.74,
            confidence=confidence,
            price=price,
            strategy="rsi-reversal" if buy else "supertrend-flip",
            reasons=(why[0 if buy else 1], f"close {price:,.5g} > EMA(200) on 4h {price * 0.95:,.5g}"),
        )
        self.found.insert(0, made)
        self._hub.publish(DeskEvent(kind="signal", signal=made))

    def notice(self, text: str) -> None:
        self._hub.publish(DeskEvent(kind="notice", notice=text))

    def exchange_time(self) -> int:
        return time.time_ns() // 1_000_000

    async def candles(
        self, symbol: str, timeframe: Timeframe, limit: int = 500, end: int | None = None
    ) -> Candles:
        self._raise_if("candles")
        history = self._history(symbol, timeframe).between(None, end)
        return history.rows(slice(max(0, len(history) - limit), None))

    async def chart(
        self, symbol: str, timeframe: Timeframe, limit: int = 500, end: int | None = None,
        indicators: Sequence[Expression] | None = None,
    ) -> Chart:  # fmt: skip
        self._raise_if("chart")

        async def read(count: int) -> Candles:
            history = self._history(symbol, timeframe).between(None, end)
            return history.rows(slice(max(0, len(history) - count), None))

        drawing = await self._charts.draw(symbol, timeframe, read, limit, indicators, live=end is None)
        shown = drawing.candles
        signals = tuple(
            each for each in self.found
            if (each.symbol, each.timeframe) == (symbol, timeframe)
            and len(shown) and each.at >= shown.open_time[0]
        )  # fmt: skip
        return Chart(candles=shown, plots=drawing.plots, signals=signals, refused=drawing.refused)

    def forming(
        self, symbol: str, timeframe: Timeframe, plots: Sequence[str] | None = None
    ) -> Forming | None:
        if (symbol, timeframe.name) not in self._histories:
            return None
        candle = self._newest(symbol, timeframe)
        return Forming(candle=candle, values=self._charts.preview(candle, plots))

    async def signals(
        self, symbol: str | None = None, since: int | None = None, limit: int = 100
    ) -> list[Signal]:
        self._raise_if("signals")
        return [
            each for each in self.found
            if (symbol is None or each.symbol == symbol) and (since is None or each.at >= since)
        ][:limit]  # fmt: skip

    def health(self) -> dict[str, Any]:
        self._raise_if("health")
        return {
            "status": "ok",
            "mode": self.mode.value,
            "symbols": len(self.board),
            "updates_per_second": self.board.updates_per_second,
            "exchange_time": self.exchange_time(),
            "feed": {"connected": True, "stale": int(self.board.stale.sum())},
            "rss_mib": 90.0,
        }

    def events(self) -> AsyncIterator[DeskEvent]:
        return self._hub.reader()

    def _raise_if(self, what: str) -> None:
        if what in self.failing:
            raise RuntimeError(f"{what}: told to fail by the test")
        if f"{what}-exchange" in self.failing:
            raise ExchangeUnreachable("The exchange did not answer within 5 s. Is the network there?")

    def _history(self, symbol: str, timeframe: Timeframe) -> Candles:
        key = (symbol, timeframe.name)
        if key not in self._histories:
            rng = np.random.default_rng([ord(letter) for letter in "".join(key)])
            size = 0.0012 * (timeframe.nominal_ms / 60_000) ** 0.5
            last = float(self.board.price[self.board.row(symbol)])
            steps = rng.normal(0, size, OLDEST) * np.exp(rng.normal(0, 0.5, OLDEST))
            close = last * np.exp(np.cumsum(steps) - steps.sum())
            opened = np.append(close[0], close[:-1])
            wick = np.abs(rng.normal(0, size * 0.6, (2, OLDEST)))
            now = timeframe.floor(self.exchange_time())
            first = timeframe.back(now, OLDEST)
            times = np.array([timeframe.floor(first + i * timeframe.nominal_ms) for i in range(OLDEST)])
            self._histories[key] = Candles(
                symbol=symbol, timeframe=timeframe, open_time=times.astype(np.int64), open=opened,
                high=np.maximum(opened, close) * (1 + wick[0]), low=np.minimum(opened, close) * (1 - wick[1]),
                close=close, volume=rng.lognormal(3, 0.7, OLDEST) * (1 + 120 * np.abs(steps)),
            )  # fmt: skip
        self._newest(symbol, timeframe)
        return self._histories[key]

    def _newest(self, symbol: str, timeframe: Timeframe) -> Candle:
        key, price = (symbol, timeframe.name), float(self.board.price[self.board.row(symbol)])
        before = self._forming.get(key)
        if before is None:
            opened = max(timeframe.floor(self.exchange_time()), int(self._histories[key].close_time[-1]))
            before = Candle(
                symbol=symbol, timeframe=timeframe, open_time=opened, open=price, high=price, low=price,
                close=price, volume=0.0, closed=False,
            )  # fmt: skip
        self._forming[key] = Candle(
            symbol=symbol, timeframe=timeframe, open_time=before.open_time, open=before.open,
            high=max(before.high, price), low=min(before.low, price), close=price,
            volume=before.volume + 0.05, closed=False,
        )  # fmt: skip
        return self._forming[key]


def seeded_signals(desk: SmallDesk) -> None:
    """Some signals that fired in the last minutes."""
    for i, base in enumerate(("BTC", "ETH", "SOL", "BTC", "XRP", "ADA")):
        if f"{base}USDT" in desk.board:
            desk.signal(f"{base}USDT", "BUY" if i % 2 == 0 else "SELL", confidence=(i % 3) * 0.45)


class Switchboard:
    """Lets a test tell the desk to fail, over HTTP, in front of the dashboard."""

    def __init__(self, app: Any, desk: SmallDesk) -> None:
        self._app, self._desk = app, desk

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/test/"):
            await self._app(scope, receive, send)
            return
        what = unquote_plus(scope["query_string"].decode().partition("=")[2])
        if scope["path"] == "/test/fail":
            self._desk.failing = set(filter(None, what.split(",")))
        elif scope["path"] == "/test/signal":
            self._desk.signal(what, "BUY")
        elif scope["path"] == "/test/close":
            self._desk.close(*what.split(","))
        elif scope["path"] == "/test/remove":
            self._desk.board.remove(what)
        elif scope["path"] == "/test/notice":
            self._desk.notice(what)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def researched(data: str) -> Any:
    """A lab over the candles in that data folder; the exchange for others does not answer."""
    from thebot.dashboard.lab import Research
    from thebot.live.experiment import Bench
    from thebot.live.laboratory import Laboratory
    from thebot.storage.results import ResultsReader

    bench = Bench(data=data, candles=data, exchange="http://127.0.0.1:9")
    return Research(laboratory=Laboratory(bench), results=ResultsReader(Path(data)))


async def serve(options: argparse.Namespace) -> None:
    import uvicorn

    from thebot.dashboard import DashboardOptions, create_app
    from thebot.telemetry import configure

    configure()

    desk = SmallDesk(options.symbols, options.changes)
    if not options.no_signals:
        seeded_signals(desk)
    research = None if options.data is None else researched(options.data)
    app = Switchboard(create_app(desk, DashboardOptions(frame_interval=options.interval), research), desk)
    listening = socket.create_server(("127.0.0.1", options.port))
    config = uvicorn.Config(app, access_log=False, log_level="warning", ws_per_message_deflate=False)
    moving = asyncio.create_task(desk.run())
    said = {"url": f"http://127.0.0.1:{listening.getsockname()[1]}", "mode": "SANDBOX"}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    await uvicorn.Server(config).serve(sockets=[listening])
    moving.cancel()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--symbols", type=int, default=100)
    arguments.add_argument("--changes", type=float, default=10.0)
    arguments.add_argument("--interval", type=float, default=0.05)
    arguments.add_argument("--data", help="a folder with candles: with it there is a lab")
    arguments.add_argument("--no-signals", action="store_true")
    asyncio.run(serve(arguments.parse_args()))
