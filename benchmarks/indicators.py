"""Every indicator over columns and candle by candle, beside TA-Lib, pandas, polars, vectorbt and talipp.

    python -m benchmarks.indicators [--candles 1000000] [--rounds 7] [--only rsi,macd] [--no-peers]

One table. Columns are in ns a candle, live in us a candle; a ratio above 1 means that ours is quicker. Peers
take turns with ours in one run, so that a busy machine slows all of them; the best of the rounds counts.
TA-Lib runs in this process, the others in an environment of their own (`benchmarks/peers`, made once by pip).
The calls of TA-Lib are those of the conformance tests, which compare their values; where the last value of
another peer differs from ours by more than a millionth, the ratio is marked with ~.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import talib
from benchmarks.market import market
from benchmarks.peers.environment import Peers, python
from tests.indicators.conformance import averages, momentum, patterns, structure, trend, volatility, volumes

from thebot.indicators import Panel, adx, atr, bbands, catalogue, ema, macd, obv, rsi, sma, stoch, supertrend
from thebot.indicators.indicator import Definition, Indicator, Output
from thebot.market import Candles

TEN = (sma(20), ema(20), rsi(14), macd(), bbands(), atr(14), supertrend(), stoch(), adx(14), obv())
BATCH = ("pandas", "polars", "vectorbt")
LIVE_CANDLES, TOGETHER = 3_000, 5_000


@dataclass
class Row:
    """One indicator with one set of parameters, and the best seconds of each who has it."""

    indicator: Indicator
    talib: list[Callable[[Candles], Any]]
    best: dict[str, float] = field(default_factory=dict)
    apart: set[str] = field(default_factory=set)  # peers whose last value is another

    def keep(self, who: str, seconds: float) -> None:
        self.best[who] = min(self.best.get(who, math.inf), seconds)

    def ratio(self, who: str, ours: str = "ours") -> float:
        return self.best.get(who, math.nan) / self.best[ours]


def rows(only: set[str]) -> Iterator[Row]:
    """One for each of the catalogue, with TA-Lib's calls for what it also has; the ten as they are usual."""
    calls: dict[Definition, dict[Indicator, dict[str, Callable[[Candles], Any]]]] = {}
    for group in (averages, momentum, volatility, volumes, trend, structure, patterns):
        for case in group.CASES:
            whole = case.expression.indicator if isinstance(case.expression, Output) else case.expression
            if case.call is not None and isinstance(whole, Indicator):
                # one call gives all outputs of a TA-Lib function; only another function is another call
                function = case.reference.split()[1].rstrip(",")
                known = calls.setdefault(whole.definition, {}).setdefault(whole, {})
                if function != "SAREXT":  # SAR with more options, which gives the sign that SAR leaves out
                    known.setdefault(function, case.call)
    usual = {each.definition: each for each in TEN}
    for definition in catalogue():
        if only and definition.name not in only:
            continue
        known = calls.get(definition, {})
        chosen = usual[definition] if definition in usual else definition()
        chosen = chosen if chosen in known else next(iter(known), chosen)
        yield Row(chosen, list(known.get(chosen, {}).values()))


def seconds(call: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - begun


def over_columns(table: list[Row], c: Candles, rounds: int, peers: Peers | None) -> None:
    for number, row in enumerate(table):
        panel = Panel([row.indicator], c.timeframe)
        last = float(panel.over(c)[panel.expressions[0]][-1])  # compiles or loads
        name = repr(row.indicator)
        for turn in range(rounds):
            row.keep("ours", seconds(panel.over, c))
            if row.talib:
                row.keep("TA-Lib", seconds(called, row.talib, c))
            for peer in BATCH if peers and turn < 2 else ():
                if name in peers.have[peer]:
                    took, value = peers.time(peer, name, len(c))
                    row.keep(peer, took)
                    if not math.isclose(value, last, rel_tol=1e-6):
                        row.apart.add(peer)
        print(f"\r{number + 1} of {len(table)} ", end="", file=sys.stderr, flush=True)


def candle_by_candle(table: list[Row], c: Candles, peers: Peers | None) -> None:
    candles, nothing = list(c), Panel([], c.timeframe)
    fixed = min(seconds(stepped, nothing, candles) for _ in range(3))
    for row in table:
        panel, name = Panel([row.indicator], c.timeframe), repr(row.indicator)
        for _ in range(2):
            alone = seconds(stepped, panel, candles)
            row.keep("live", max(0.0, alone - fixed))
            if peers and name in peers.have["talipp"]:
                row.keep("talipp", peers.time("talipp", name, len(candles))[0])


def together(table: list[Row], c: Candles, peers: Peers) -> None:
    """Live as a desk runs it: all in one panel, with everything that a panel itself costs."""
    names = set(peers.have["talipp"])
    both = [row.indicator for row in table if repr(row.indicator) in names]
    candles = list(c)
    gc.collect()
    gc.freeze()  # what the tables above left behind is no part of a step: the peer's process has none of it
    for what, chosen in (
        (f"all {len(both)} that talipp has", both),
        ("the ten", [*filter(TEN.__contains__, both)]),
    ):
        if not chosen:
            continue
        panel = Panel(chosen, c.timeframe)
        ours = theirs = math.inf
        for _ in range(3):
            ours = min(ours, seconds(stepped, panel, candles))
            theirs = min(theirs, peers.time("talipp", [repr(each) for each in chosen], len(candles))[0])
        us = 1e6 / len(candles)
        print(
            f"live, {what}, together over {len(candles):,} candles: "
            f"{ours * us:.1f} us a candle, talipp {theirs * us:.1f}: {theirs / ours:.2f} times"
        )


def called(calls: list[Callable[[Candles], Any]], c: Candles) -> None:
    for call in calls:
        call(c)


def stepped(panel: Panel, candles: list[Any]) -> None:
    live = panel.start()
    for each in candles:
        live.step(each)


def tell(table: list[Row], count: int) -> None:
    ns, us = 1e9 / count, 1e6 / LIVE_CANDLES
    print(
        f"\rns a candle over {count:,}, us live over {LIVE_CANDLES:,} (its own share); x: how many times ours"
    )
    print(f"{'':34}{'ours':>8}{'TA-Lib':>9}{'x':>6}", end="")
    print("".join(f"{peer:>9}{'x':>7}" for peer in BATCH) + f"{'live':>8}{'talipp':>8}{'x':>6}")
    for row in table:
        print(f"{row.indicator!r:34.33}{row.best['ours'] * ns:8.2f}", end="")
        for peer, width in (("TA-Lib", 6), *((each, 7) for each in BATCH)):
            print(_pair(row, peer, "ours", ns, width), end="")
        print(f"{row.best['live'] * us:8.2f}{_pair(row, 'talipp', 'live', us, 6)[1:]}")
    print()
    for peer, ours in (("TA-Lib", "ours"), *((each, "ours") for each in BATCH)):
        both = [row for row in table if peer in row.best]
        if both:
            slowest = min(both, key=lambda row: row.ratio(peer, ours))
            whole = sum(row.best[peer] for row in both) / sum(row.best[ours] for row in both)
            middle = float(np.median([row.ratio(peer, ours) for row in both]))
            print(
                f"{peer:9} has {len(both):3}: all of them take it {whole:.2f} times as long, the "
                f"median {middle:.2f}, least {slowest.ratio(peer, ours):.2f} ({slowest.indicator!r})"
            )
    behind = [row for row in table if row.ratio("TA-Lib") < 0.7]
    named = ", ".join(f"{row.indicator!r} {row.ratio('TA-Lib'):.2f}" for row in behind)
    print(f"slower than 0.7x TA-Lib: {named or 'none'}")
    ten = [row for row in table if row.indicator in TEN and "TA-Lib" in row.best]
    if len(ten) == len(TEN):
        whole = sum(row.best["TA-Lib"] for row in ten) / sum(row.best["ours"] for row in ten)
        print(f"the ten: {whole:.2f} times TA-Lib")


def _pair(row: Row, peer: str, ours: str, scale: float, width: int) -> str:
    if peer not in row.best:
        return " " * (9 + width)
    mark = "~" if peer in row.apart else ""
    return f"{row.best[peer] * scale:9.2f}{f'{mark}{row.ratio(peer, ours):.2f}':>{width}}"


def first_use() -> None:
    """How long the ten take at first: compiled into an empty cache, then loaded by another process."""
    program = (
        "import sys, time; from benchmarks.indicators import TEN; from benchmarks.market import market\n"
        "import numba; from thebot.indicators import Panel; c = market(1000); begun = time.perf_counter()\n"
        "for each in TEN: Panel([each], '1m').over(c)\n"
        "print(time.perf_counter() - begun)"
    )
    with tempfile.TemporaryDirectory() as cache:
        took = [
            float(
                subprocess.run(
                    [sys.executable, "-c", program], env={**os.environ, "THEBOT_CACHE": cache},
                    capture_output=True, text=True, check=True,
                ).stdout
            )
            for _ in range(3)
        ]  # fmt: skip
    print(f"first compile of the ten: {took[0]:.2f} s; loaded by another process: {min(took[1:]):.3f} s")


def a_hundred_symbols(c: Candles) -> None:
    """A panel of the ten for each of a hundred symbols, previewed ten times a second."""
    panel = Panel(TEN, c.timeframe)
    lives = [panel.start() for _ in range(100)]
    warm, forming = c.rows(slice(0, 500)), list(c.rows(slice(500, 510)))
    for live in lives:
        live.warm(warm)

    def a_second() -> None:
        for candle in forming:
            for live in lives:
                live.preview(candle)

    share = min(seconds(a_second) for _ in range(5))
    candles = list(c.rows(slice(0, LIVE_CANDLES)))
    step = min(seconds(stepped, panel, candles) for _ in range(3))
    print(f"100 symbols, the ten previewed ten times a second: {share:.1%} of a core", end="")
    print(f"; the ten in one panel: {step / LIVE_CANDLES * 1e6:.2f} us a step")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--candles", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="names of indicators, with commas")
    parser.add_argument("--no-peers", action="store_true", help="TA-Lib only")
    given = parser.parse_args()
    c = market(given.candles)
    only = {name for name in given.only.split(",") if name}
    table = list(rows(only))
    interpreter = None if given.no_peers else python()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "market.npz"
        np.savez(file, open=c.open, high=c.high, low=c.low, close=c.close, volume=c.volume)
        peers = Peers(interpreter, file) if interpreter else None
        over_columns(table, c, given.rounds, peers)
        candle_by_candle(table, c.rows(slice(0, LIVE_CANDLES)), peers)
        tell(table, len(c))
        if peers:
            together(table, c.rows(slice(0, TOGETHER)), peers)
            peers.close()
    if not only:
        first_use()
        a_hundred_symbols(c)
    print(json.dumps({"talib": talib.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}))


if __name__ == "__main__":
    main()
