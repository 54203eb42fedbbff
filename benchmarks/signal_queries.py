"""How long the questions about signals take at a million rows, and what importing the database costs.

    python -m benchmarks.signal_queries [ROWS] [POSTGRESQL_ADDRESS]

The budget of the design: p99 below 50 ms (reach: 5 ms). Without an address it measures SQLite in a temporary
folder.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from typing import Any

from thebot.market import Timeframe
from thebot.storage.database import Database
from thebot.storage.folder import DataFolder
from thebot.strategy.signal import Signal

SYMBOLS = [f"COIN{i}USDT" for i in range(100)]
TIMEFRAMES = [Timeframe(name) for name in ("1m", "15m", "1h")]
STRATEGIES = ("rsi-reversal", "macd-trend", "supertrend-flip")
QUESTIONS = 300
MINUTE = 60_000


def signals(count: int, chance: random.Random) -> list[Signal]:
    return [
        Signal(
            symbol=chance.choice(SYMBOLS),
            timeframe=chance.choices(TIMEFRAMES, weights=(12, 2, 1))[0],
            at=1_700_000_000_000 + i * MINUTE // 20,
            side=chance.choice(("BUY", "SELL")),
            strength=round(chance.random(), 2),
            confidence=round(chance.random(), 2),
            price=round(chance.uniform(0.1, 60_000), 2),
            strategy=chance.choice(STRATEGIES),
            reasons=("RSI(14) 31.2 crossed above 30 (was 28.7)", "close 64,210 > EMA(200) 61,022"),
        )
        for i in range(count)
    ]


async def measure(url: str, rows: int) -> None:
    chance = random.Random(1)
    database = await Database(url).open()
    began = time.perf_counter()
    for first in range(0, rows, 20_000):
        await database.save(signals(min(20_000, rows - first), chance))
    print(f"{rows:,} signals written in {time.perf_counter() - began:.0f} s to {database.address}")
    last = 1_700_000_000_000 + 20_000 * MINUTE // 20
    questions: dict[str, Any] = {
        "newest of all": dict,
        "of a symbol": lambda: {"symbol": chance.choice(SYMBOLS)},
        "of a symbol since": lambda: {"symbol": chance.choice(SYMBOLS), "since": chance.randrange(last)},
        "of a timeframe": lambda: {"timeframe": chance.choice(TIMEFRAMES)},
        "of a strategy": lambda: {"strategy": chance.choice(STRATEGIES)},
        "of a symbol on 1h": lambda: {"symbol": chance.choice(SYMBOLS), "timeframe": TIMEFRAMES[-1]},
        "of all three": lambda: {
            "symbol": chance.choice(SYMBOLS),
            "timeframe": TIMEFRAMES[-1],
            "strategy": chance.choice(STRATEGIES),
        },
    }
    for name, asked in questions.items():
        times = []
        for _ in range(QUESTIONS):
            began = time.perf_counter()
            await database.signals(**asked(), limit=100)
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        print(
            f"{name:20} median {times[QUESTIONS // 2]:6.2f} ms   p99 {times[int(QUESTIONS * 0.99)]:6.2f} ms"
        )
    await database.close()


IMPORTED = """
import sys, time
def resident():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
import asyncio, json, numpy, fastapi, aiohttp
before, began = resident(), time.perf_counter()
{what}
print(f"{{resident() - before:.1f}} MiB, {{time.perf_counter() - began:.2f}} s")
"""


def imports() -> None:
    for name, what in {
        "thebot.config": "import thebot.config",
        "thebot.storage (database, writer)": "import thebot.storage.writer",
        "both": "import thebot.config\nimport thebot.storage.writer",
    }.items():
        done = subprocess.run(
            [sys.executable, "-c", IMPORTED.format(what=what)], capture_output=True, text=True, check=True
        )
        print(f"{name} over numpy, fastapi and aiohttp: {done.stdout.strip()}")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    imports()
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else DataFolder.at(folder).database_url
        asyncio.run(measure(url, rows))


if __name__ == "__main__":
    main()
