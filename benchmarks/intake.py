"""How many trades a second one core takes in from the exchange's stream, beside ccxt.pro and python-binance.

    python -m benchmarks.intake [--rounds 5] [--seconds 2]        # about 80 s

A server process on loopback floods each client with aggregate trades of one market, as fast as it reads them.
Every client runs alone in a process of its own, pinned to one core (the server to another), in alternating
rounds, so that a busy machine slows all of them; what counts are the ratios of the medians. Counted is what
reaches the caller: for us typed trades at `StreamListener.on_trade` through the real BinanceStream, and in a
second row all the way through the feed's Intake to the Board and the forming candle; for the peers what
their own `watch_trades` or `recv` returns, prices still being text in python-binance's. Each client proves
by the trades' numbers that it lost none, and "core" shows that it was busy and not waiting for the server.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

SYMBOL: Final = "BTCUSDT"
STREAM: Final = "btcusdt@aggTrade"
DIGITS: Final = 12  # of a trade's number, so that all messages are equally long
FIRST: Final = 10 ** (DIGITS - 1)
BLOCK: Final = 2_000  # messages written at once
UNIT: Final = 2**20 if sys.platform == "darwin" else 2**10  # of the system's peak memory, in a MiB
WARM_UP: Final = 0.5  # seconds of flood before the measurement


# The server: one thread a connection, plain sockets. It has to be faster than every client.


def the_block(combined: bool) -> tuple[np.ndarray, list[int]]:
    """Whole WebSocket frames of equal length, shape (BLOCK, bytes), and where the numbers' fields begin."""
    now, rows = int(time.time() * 1000), []
    for i in range(BLOCK):
        number, price = "#" * DIGITS, f"{61_000 + i % 997}.{i % 90 + 10}000000"
        text = (
            f'{{"e":"aggTrade","E":{now},"s":"{SYMBOL}","a":{number},"p":"{price}",'
            f'"q":"0.{i % 9000 + 1000}0000",'
            f'"f":{number},"l":{number},"T":{now},"m":true,"M":true}}'
        )
        payload = (f'{{"stream":"{STREAM}","data":{text}}}' if combined else text).encode()
        assert 126 <= len(payload) < 65536
        rows.append(b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload)
    starts = [i for i in range(len(rows[0])) if rows[0][i : i + 1] == b"#" and rows[0][i - 1 : i] != b"#"]
    return np.frombuffer(bytearray(b"".join(rows)), np.uint8).reshape(BLOCK, -1), starts


def flood(connection: socket.socket, combined: bool) -> None:
    block, starts = the_block(combined)
    number, powers = FIRST, 10 ** np.arange(DIGITS - 1, -1, -1)
    while True:
        digits = (np.arange(number, number + BLOCK)[:, None] // powers % 10 + ord("0")).astype(np.uint8)
        for start in starts:
            block[:, start : start + DIGITS] = digits
        connection.sendall(block)
        number += BLOCK


def exchange_info() -> bytes:
    """One market, as much of it as ccxt needs to know."""
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000.0", "stepSize": "0.00001"},
    ]
    market = {
        "symbol": SYMBOL, "status": "TRADING", "baseAsset": "BTC", "baseAssetPrecision": 8,
        "quoteAsset": "USDT", "quotePrecision": 8, "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True, "isMarginTradingAllowed": False, "filters": filters, "permissions": [],
        "permissionSets": [["SPOT"]],
    }  # fmt: skip
    body = {"timezone": "UTC", "serverTime": int(time.time() * 1000), "rateLimits": [], "symbols": [market]}
    return json.dumps(body).encode()


def serve_one(connection: socket.socket) -> None:
    with contextlib.suppress(OSError), connection:
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65536)
                if not received:
                    return
                head += received
            path = head.split(b" ", 2)[1].decode()
            named = [line.split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line]
            headers = {name.strip().lower(): value.strip() for name, value in named}
            if b"sec-websocket-key" in headers:
                break
            body = exchange_info() if "exchangeInfo" in path else b"{}"
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body)
            )
        magic = headers[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(magic).digest())  # noqa: S324  (RFC 6455 asks for it)
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
        )
        if "streams=" not in path:
            number = number_of_subscription(connection)
            answer = json.dumps({"result": None, "id": number}, separators=(",", ":")).encode()
            connection.sendall(bytes((0x81, len(answer))) + answer)
        flood(connection, combined=path.startswith("/stream"))


def number_of_subscription(connection: socket.socket) -> object:
    """The id of the first text message; what else comes before it (pings) is read over."""
    data = b""
    while True:
        while len(data) < 2 or len(data) < (size := frame_size(data)):
            data += connection.recv(65536)
        whole, data = data[:size], data[size:]
        if whole[0] & 0xF == 1:
            length = whole[1] & 0x7F
            at = 2 + (2 if length == 126 else 0)
            mask, masked = whole[at : at + 4], whole[at + 4 :]
            text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))
            return json.loads(text)["id"]


def frame_size(data: bytes) -> int:
    length = data[1] & 0x7F
    if length == 126:
        return 8 + int.from_bytes(data[2:4], "big") if len(data) >= 4 else 8
    return 6 + length


def serve() -> None:
    pin(0)
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    threading.Thread(target=leave_with_parent, daemon=True).start()
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve_one, args=(connection,), daemon=True).start()


def leave_with_parent() -> None:
    select.select([sys.stdin], [], [])
    os._exit(0)


def pin(core: int) -> None:
    with contextlib.suppress(AttributeError, OSError):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[core % len(allowed)]})


# The clients. Each gives a function that tells how many trades have come so far, and the newest's number.


@dataclass(frozen=True)
class Figures:
    trades_per_second: float
    core: float  # share of a core that the client used
    peak_rss_mib: float


Progress = Callable[[], tuple[int, int]]  # trades so far, number of the newest
Client = Callable[[int, float], Awaitable[Figures]]


async def measured(progress: Progress, seconds: float) -> Figures:
    """From when the first trades have come, after a warm-up. Raises if any trade was lost on the way."""
    while not progress()[0]:  # noqa: ASYNC110  (telling an event would cost each trade)
        await asyncio.sleep(0.01)
    await asyncio.sleep(WARM_UP)
    begun, cpu, (count, number) = time.perf_counter(), time.process_time(), progress()
    await asyncio.sleep(seconds)
    ended, cpu_ended, (count_ended, number_ended) = time.perf_counter(), time.process_time(), progress()
    assert count_ended - count == number_ended - number, "trades were lost on the way"
    return Figures(
        trades_per_second=(count_ended - count) / (ended - begun),
        core=(cpu_ended - cpu) / (ended - begun),
        peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT,
    )  # fmt: skip


async def ours_to_the_listener(port: int, seconds: float) -> Figures:
    from thebot.exchange.ports import BookEvent, CandleEvent, Channel, DayEvent, TradeEvent

    class Counting:
        count = number = 0

        def on_trade(self, trade: TradeEvent) -> None:
            self.count += 1
            self.number = trade.id

        def on_candle(self, candle: CandleEvent, sent_at: int) -> None: ...
        def on_book(self, book: BookEvent) -> None: ...
        def on_day(self, day: DayEvent) -> None: ...
        def on_up(self, channels: Collection[Channel]) -> None: ...
        def on_down(self, channels: Collection[Channel], why: str) -> None: ...

    counting = Counting()
    return await streaming(port, counting, lambda: (counting.count, counting.number), seconds)


async def ours_to_the_board(port: int, seconds: float) -> Figures:
    from thebot.exchange.clock import ExchangeClock
    from thebot.live.board import Board
    from thebot.live.intake import Intake, Market
    from thebot.live.lane import Lane
    from thebot.market import Timeframe

    board = Board([SYMBOL])
    market = Market(Lane(SYMBOL, Timeframe("1m"), 1_000))
    intake = Intake(board, ExchangeClock(), lambda lane, candle: None, lambda channels, why: None)
    intake.place([market])

    def progress() -> tuple[int, int]:
        assert intake.duplicates == 0
        return (market.last_trade - FIRST + 1 if market.last_trade > 0 else 0), market.last_trade

    figures = await streaming(port, intake, progress, seconds)
    assert board.updates > figures.trades_per_second * seconds * 0.9, "nearly every trade moves the price"
    return figures


async def streaming(port: int, listener: Any, progress: Progress, seconds: float) -> Figures:
    """Through the client that `thebot up` uses, subscription and all."""
    from thebot.exchange.binance import Addresses, BinanceStream
    from thebot.exchange.ports import Channel

    stream = BinanceStream(Addresses.of_sandbox(f"http://127.0.0.1:{port}"), listener)
    stream.subscribe([Channel("trades", SYMBOL)])
    try:
        figures = await measured(progress, seconds)
        assert "malformed" not in stream.health()
        return figures
    finally:
        await stream.close()


async def ccxt_pro(port: int, seconds: float) -> Figures:
    import ccxt.pro
    from ccxt.async_support.base.ws.client import Client as Line

    mend_draining(Line)
    exchange = ccxt.pro.binance({"enableRateLimit": False, "newUpdates": True})
    exchange.urls["api"] = {
        **dict.fromkeys(exchange.urls["api"], "http://127.0.0.1:9/dead"),
        "public": f"http://127.0.0.1:{port}/api/v3",
        "private": f"http://127.0.0.1:{port}/api/v3",
        "ws": {"spot": f"ws://127.0.0.1:{port}/ws"},
    }
    exchange.options.update(fetchMarkets={"types": ["spot"]}, fetchMargins=False, fetchCurrencies=False,
                            tradesLimit=20_000)  # fmt: skip
    exchange.options["watchTrades"] = exchange.options["watchTradesForSymbols"] = {"name": "aggTrade"}
    seen = {"count": 0, "number": 0}

    async def read() -> None:
        while True:
            trades = await exchange.watch_trades("BTC/USDT")
            seen["count"] += len(trades)
            seen["number"] = int(trades[-1]["id"])

    return await beside(read(), lambda: (seen["count"], seen["number"]), seconds, exchange.close)


def mend_draining(line: Any) -> None:
    """ccxt 4.5.90 takes messages past aiohttp's count of what is unread, and aiohttp 3.14 counts some bytes
    more for each than ccxt gives back: under a flood it soon reads no more at all. Give those back too."""
    from aiohttp._websocket import reader_py

    overhead, original = getattr(reader_py, "MSG_SIZE_OVERHEAD", 0), line.receive_loop

    def receive_loop(self: Any) -> None:
        drained = len(self.buffer) - 1 if self.buffer and not self.closed() else 0
        original(self)
        if drained > 0:
            message, size = self.buffer[0]
            self.buffer[0] = (message, size + drained * overhead)

    line.receive_loop = receive_loop


async def python_binance(port: int, seconds: float) -> Figures:
    from binance import AsyncClient, BinanceSocketManager

    class Sockets(BinanceSocketManager):
        STREAM_URL = f"ws://127.0.0.1:{port}/"

    client = AsyncClient()
    sockets = Sockets(client, max_queue_size=1_000_000)
    seen = {"count": 0, "number": 0}

    async def read() -> None:
        async with sockets.multiplex_socket([STREAM]) as stream:
            while True:
                message = await stream.recv()
                seen["count"] += 1
                seen["number"] = message["data"]["a"]

    return await beside(read(), lambda: (seen["count"], seen["number"]), seconds, client.close_connection)


async def beside(
    reading: Any, progress: Progress, seconds: float, close: Callable[[], Awaitable[object]]
) -> Figures:
    task = asyncio.create_task(reading)
    measuring = asyncio.create_task(measured(progress, seconds))
    await asyncio.wait({task, measuring}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    return await measuring


CLIENTS: Final[dict[str, Client]] = {
    "thebot, to the listener": ours_to_the_listener,
    "thebot, to the board": ours_to_the_board,
    "ccxt.pro": ccxt_pro,
    "python-binance": python_binance,
}


async def tell(name: str, port: int, seconds: float) -> None:
    pin(1)
    print(json.dumps(asdict(await CLIENTS[name](port, seconds))), flush=True)
    os._exit(0)  # a flooded peer may take its time to close


def run_one(name: str, port: int, seconds: float) -> Figures:
    command = [sys.executable, __file__, "--client", name, "--port", str(port), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 + seconds, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"trades_per_second"')]
    if not lines:
        raise RuntimeError(f"{name} did not come to an end: {done.stderr[-2000:]}")
    return Figures(**json.loads(lines[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of flood that are measured, each time")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve()
    elif given.client:
        asyncio.run(tell(given.client, given.port, given.seconds))
    else:
        compare(given.rounds, given.seconds)


def compare(rounds: int, seconds: float) -> None:
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    port = int(server.stdout.readline())
    figures: dict[str, list[Figures]] = {name: [] for name in CLIENTS}
    try:
        for _ in range(rounds):
            for name, found in figures.items():
                found.append(run_one(name, port, seconds))
    finally:
        server.kill()
        server.wait()
    medians = {name: statistics.median(f.trades_per_second for f in found) for name, found in figures.items()}
    print(f"trades a second on one core, median of {rounds} alternating rounds of {seconds:g} s")
    print(f"{'':26}{'trades/s':>11}  {'lowest':>10}{'highest':>11}{'core':>7}{'peak RSS':>10}", end="")
    print(f"{'listener/':>12}{'board/':>9}")
    for name, found in figures.items():
        rates = [f.trades_per_second for f in found]
        core, rss = statistics.median(f.core for f in found), max(f.peak_rss_mib for f in found)
        print(f"{name:26}{medians[name]:11,.0f}  {min(rates):10,.0f}{max(rates):11,.0f}", end="")
        print(f"{core:6.0%} {rss:6.0f} MiB", end="")
        listener, board, *_ = medians.values()
        print(f"{listener / medians[name]:11.1f}x{board / medians[name]:8.1f}x")


if __name__ == "__main__":
    main()
