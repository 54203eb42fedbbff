"""Backtests beside vectorbt, backtesting.py, backtrader and nautilus_trader: python -m benchmarks.backtests

Ours and the peers take turns in one run, each warmed up by a call before; slow peers run once. The same rules
on the same candles: all the cash at the next open, 0.1 % a fill. How many trades and what final equity each
comes to is printed, so that one sees that they do the same (peers leave the last position open; ours and
backtesting.py close it). Names limit what runs: simulate, replay, sweep, minutes.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.market import market
from benchmarks.peers.environment import ENGINES, NAUTILUS, Worker, python

from thebot.backtesting import Account, Costs, Market, simulate
from thebot.backtesting.replay import replay
from thebot.indicators import crosses_above, crosses_below, rsi, sma
from thebot.market import Candles
from thebot.strategy import Exits, Percent, Strategy, decider

COSTS = Costs(fee=0.001, slippage=0.0)
ACCOUNT = Account(cash=10_000.0)
LENGTH = 100_000
REPEATS = 7
CROSS = {"entry": crosses_above(sma(10), sma(30)), "exit": crosses_below(sma(10), sma(30))}
RULES = {
    "sma": Strategy(name="sma", **CROSS),
    "rsi": Strategy(name="rsi", entry=crosses_above(rsi(14), 30), exit=crosses_below(rsi(14), 70)),
    "stops": Strategy(name="stops", **CROSS, exits=Exits(stop=Percent(0.3), target=Percent(0.6))),
}


def ours(rule: Strategy, candles: Candles) -> tuple[float, int, float]:
    """Seconds, trades and final equity over the first of everything: indicators, rules, orders, equity."""
    began = time.perf_counter()
    asked = decider(rule, candles.timeframe)
    done = simulate(
        rule, [Market(candles=candles, decisions=asked.over(candles))], account=ACCOUNT, costs=COSTS
    )
    return time.perf_counter() - began, len(done.trades), float(done.equity[-1]) / ACCOUNT.cash


def replayed(rule: Strategy, candles: Candles) -> tuple[float, int, float]:
    began = time.perf_counter()
    done = replay(rule, [candles], account=ACCOUNT, costs=COSTS)
    return time.perf_counter() - began, len(done.trades), float(done.equity[-1]) / ACCOUNT.cash


def beside(
    what: str,
    mine: Callable[[], tuple[float, int, float]],
    worker: Worker | None,
    request: dict[str, Any],
    *,
    repeats: int = REPEATS,
) -> None:
    """Print ours, the peer's, and how many times as long the peer takes: medians, taking turns."""
    if worker is None:
        return
    mine()
    theirs = worker.ask(request)
    if "error" in theirs:
        print(f"  {what:<44} {request['engine']}: {theirs['error']}")
        return
    rounds = repeats if theirs["seconds"] * repeats < 20 else 1
    both = [(mine(), worker.ask(request)) for _ in range(rounds)]
    own = statistics.median(each[0][0] for each in both)
    peer = statistics.median(each[1]["seconds"] for each in both)
    (_, trades, final), last = both[-1]
    told = "" if last["final"] is None else f" {last['final']:.6f}"
    print(
        f"  {what:<28} {own * 1e3:10.2f} ms   {request['engine']:<16} {peer * 1e3:12.2f} ms   "
        f"{peer / own:9.1f}x   trades {trades:,} / {last['trades']:,}, final {final:.6f} /{told}",
        flush=True,
    )


def simulations(candles: Candles, engines: Worker | None) -> None:
    print(f"\nOne backtest over {LENGTH:,} candles, indicators and all")
    for name, rule in RULES.items():
        for engine in ("vectorbt", "backtesting.py"):
            request = {"engine": engine, "job": name, "candles": LENGTH}
            beside(name, lambda rule=rule: ours(rule, candles), engines, request)  # type: ignore[misc]


def replays(candles: Candles, engines: Worker | None, nautilus: Worker | None) -> None:
    print(f"\nEvent by event over {LENGTH:,} candles")
    for engine, worker in (("backtrader", engines), ("nautilus_trader", nautilus)):
        request = {"engine": engine, "job": "sma", "candles": LENGTH}
        beside("sma", lambda: replayed(RULES["sma"], candles), worker, request, repeats=3)


def minutes(candles: Candles) -> None:
    print("\n1,000,000 candles of 1m with stop and target, indicators and all")
    ours(RULES["stops"], candles)
    found = [ours(RULES["stops"], candles) for _ in range(REPEATS)]
    seconds = statistics.median(each[0] for each in found)
    print(f"  {seconds:.3f} s (asked for: below 0.2 s), {found[0][1]:,} trades")


def sweeps(engines: Worker | None) -> None:
    """Ours in a process of its own, so that its memory is its own too."""
    pairs = [(fast, slow) for fast in range(2, 42) for slow in range(50, 300, 10)]
    print(f"\nA sweep of {len(pairs):,} pairs of averages over {LENGTH:,} candles")
    own = []
    for workers in (1, 2):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sweeping", str(LENGTH), str(workers)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        own.append(float(done.stdout.split(" s")[0]))
        print(f"  ours: {done.stdout.strip()}", flush=True)
    if engines is None:
        return
    request = {"engine": "vectorbt", "job": "sweep", "pairs": pairs, "candles": LENGTH, "at_once": 100}
    engines.ask({**request, "pairs": pairs[:100], "candles": 5_000})
    theirs = engines.ask(request)
    if "error" in theirs:
        print(f"  vectorbt: {theirs['error']}")
        return
    print(
        f"  vectorbt, 100 at once: {theirs['seconds']:.1f} s, {theirs['seconds'] / own[0]:.0f}x as long as "
        f"one process, {theirs['seconds'] / own[1]:.0f}x as two; peak {theirs['peak_mib']:,.0f} MiB"
    )


def main() -> None:
    wanted = sys.argv[1:] or ["simulate", "replay", "minutes", "sweep"]
    million = market(1_000_000)
    candles = million[:LENGTH]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "market.npz"
        names = ("open_time", "open", "high", "low", "close", "volume")
        np.savez(path, **{name: getattr(million, name) for name in names})
        engines, nautilus = (
            None if found is None else Worker(found, path)
            for found in (python(ENGINES, "engines"), python(NAUTILUS, "nautilus"))
        )
        if "simulate" in wanted:
            simulations(candles, engines)
        if "replay" in wanted:
            replays(candles, engines, nautilus)
        if "minutes" in wanted:
            minutes(million)
        if "sweep" in wanted:
            sweeps(engines)
    print(
        f"\nPeak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
