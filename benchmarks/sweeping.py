"""A sweep of 1,000 pairs of averages in a process of its own: python -m benchmarks.sweeping CANDLES WORKERS

Run by `benchmarks.backtests`, which compares it; prints its seconds (warm) and the process's peak memory.
"""

from __future__ import annotations

import resource
import sys
import time

import psutil
from benchmarks.market import market

from thebot.backtesting import Account, Costs
from thebot.backtesting.sweep import Job, Range, Search, Space, SweepResult, searched
from thebot.indicators import crosses_above, crosses_below, sma
from thebot.strategy import Strategy


def pair(fast: int, slow: int) -> Strategy:
    return Strategy(
        name="pair", entry=crosses_above(sma(fast), sma(slow)), exit=crosses_below(sma(fast), sma(slow))
    )


def main() -> None:
    job = Job(
        source=pair, series=(market(int(sys.argv[1])),), account=Account(cash=10_000.0),
        costs=Costs(fee=0.001, slippage=0.0),
    )  # fmt: skip
    whole = Space({"fast": Range(2, 41), "slow": Range(50, 290, 10)})
    few = Space({"fast": Range(2, 5), "slow": Range(50, 290, 10)})
    workers = int(sys.argv[2])
    searched(job, Search(space=few, workers=workers))
    began = time.perf_counter()
    found = searched(job, Search(space=whole, workers=workers))
    seconds = time.perf_counter() - began
    best = SweepResult.of(found).ranked[0]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = [each.memory_info().rss / 2**20 for each in psutil.Process().children(recursive=True)]
    print(
        f"{seconds:.3f} s with {workers} process{'es' if workers > 1 else ''}, {len(found.valid):,} "
        f"variants, peak {own:.0f} MiB{''.join(f' + {each:.0f}' for each in children)}; best Sharpe ratio "
        f"{best.score.sharpe_ratio if best.score else 0:.4f} with {dict(best.parameters)}"
    )


if __name__ == "__main__":
    main()
