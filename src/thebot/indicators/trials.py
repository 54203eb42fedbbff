"""Markets that bring an indicator's mistakes to light: for `thebot indicators check`, and for anybody.

Each is some hundred candles of one hour: a walk, prices that never move, none traded, a crash by orders of
magnitude, very large and very small prices, candles that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from thebot.errors import IndicatorError
from thebot.indicators.contract import MEMORY, broken, examples
from thebot.indicators.indicator import Definition
from thebot.market import Candles, FloatArray, Timeframe

ORDINARY: Final = "a random walk"

_START: Final = 1_609_459_200_000  # 2021-01-01 00:00 UTC
_HOUR: Final = 3_600_000


def markets(count: int = 300) -> dict[str, Candles]:
    """The markets by what is special about them. Seeded: the same every time."""
    random = np.random.default_rng(11)
    moves = random.normal(0, 0.01, count)
    volume = random.lognormal(2, 1, count)
    seldom = np.where(random.random(count) < 0.2, 0.0, volume)
    kept = np.flatnonzero(random.random(count) > 0.1)
    return {
        ORDINARY: _walk(moves, volume),
        "prices near 1e-12": _walk(moves, volume, price=1e-12),
        "prices near 1e12": _walk(moves, volume, price=1e12),
        "ticks and candles without trades": _walk(np.round(moves, 2), seldom),
        "prices that never move": _walk(np.zeros(count), volume),
        "no volume at all": _walk(moves, np.zeros(count)),
        "a crash by orders of magnitude": _walk(moves * 20 - 0.1, volume),
        "missing candles": _walk(moves, volume).rows(kept),
    }


def breaches(definition: Definition) -> Iterator[tuple[str, str]]:
    """Each breach of the contract on these markets, with the market on which it shows; the first for each
    clause.

    The indicator is tried with its defaults, its shortest periods and on inputs that are not always known.
    """
    said: set[str] = set()
    try:
        variants = examples(definition)
        _ = [each.warmups for each in variants]  # runs each step once: what is plainly wrong comes out here
    except IndicatorError as error:
        yield "any candles", str(error)
        return
    except Exception as error:
        yield "any candles", f"{definition.name} raises {type(error).__name__}: {error}"
        return
    for market, candles in markets().items():
        for variant in variants:
            longer = "4h" if market == ORDINARY else None
            for breach in broken(variant, candles, longer=longer):
                clause, _, text = breach.partition(": ")
                failure = text.partition(" it raises ")[2] or text  # one failure breaks several clauses
                if clause == MEMORY and market != ORDINARY:
                    continue  # after a crash by orders of magnitude what was before it counts for longer
                if clause not in said and failure not in said:
                    said |= {clause, failure}
                    yield market, breach


def _walk(moves: FloatArray, volume: FloatArray, price: float = 100.0) -> Candles:
    count = len(moves)
    random = np.random.default_rng(5)
    close = price * np.exp(np.cumsum(moves))
    opened = np.concatenate([[price], close[:-1]])
    reach = 1 + np.abs(random.normal(0, 0.003, (2, count))) * (np.abs(moves).max() > 0)
    return Candles(
        symbol="XYZUSDT",
        timeframe=Timeframe("1h"),
        open_time=_START + np.arange(count) * _HOUR,
        open=opened,
        high=np.maximum(opened, close) * reach[0],
        low=np.minimum(opened, close) / reach[1],
        close=close,
        volume=volume,
    )
