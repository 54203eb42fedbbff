"""Ten indicators over columns beside TA-Lib and pandas, and candle by candle.

    python -m benchmarks.indicators [--candles 1000000] [--rounds 7]

Peers alternate in one run, so that a busy machine slows all of them; what counts are the ratios of the best
rounds. What each gives is compared before it is timed. Ratios above 1 mean that ours is faster.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import talib

from thebot.indicators import Panel, adx, atr, bbands, ema, macd, obv, rsi, sma, stoch, supertrend
from thebot.indicators.indicator import Indicator
from thebot.market import Candle, Candles, Timeframe

TEN = (sma(20), ema(20), rsi(14), macd(), bbands(), atr(14), supertrend(), stoch(), adx(14), obv())


def market(count: int) -> Candles:
    """A seeded random walk of one-minute candles."""
    random = np.random.default_rng(7)
    close = 30_000 * np.exp(np.cumsum(random.normal(0, 0.0005, count)))
    opened = np.concatenate([[30_000.0], close[:-1]])
    reach = 1 + np.abs(random.normal(0, 0.0003, (2, count)))
    return Candles(
        symbol="XYZUSDT", timeframe=Timeframe("1m"), open_time=np.arange(count) * 60_000, open=opened,
        high=np.maximum(opened, close) * reach[0], low=np.minimum(opened, close) / reach[1], close=close,
        volume=random.lognormal(2, 1, count),
    )  # fmt: skip


def talib_calls(c: Candles) -> dict[Indicator, Callable[[], object]]:
    # ADX comes with both directional indexes, as ours does
    directions = (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)
    return dict(zip(TEN, (
        lambda: talib.SMA(c.close, 20), lambda: talib.EMA(c.close, 20), lambda: talib.RSI(c.close, 14),
        lambda: talib.MACD(c.close, 12, 26, 9), lambda: talib.BBANDS(c.close, 20, 2.0, 2.0),
        lambda: talib.ATR(c.high, c.low, c.close, 14),
        lambda: talib.SUPERTREND(c.high, c.low, c.close, 10, 3.0),
        lambda: talib.STOCH(c.high, c.low, c.close, 14, 3, 0, 3, 0),
        lambda: [each(c.high, c.low, c.close, 14) for each in directions],
        lambda: talib.OBV(c.close, c.volume),
    ), strict=True))  # fmt: skip


def pandas_calls(c: Candles) -> dict[Indicator, Callable[[], object]]:
    """As people write them in pandas; empty if it is not installed. (A Supertrend would be a Python loop.)"""
    try:
        import pandas as pd
    except ImportError:
        return {}
    close, high, low, volume = (pd.Series(each) for each in (c.close, c.high, c.low, c.volume))

    def wilder(series: pd.Series, period: int) -> pd.Series:
        return series.ewm(alpha=1 / period, adjust=False).mean()

    def true_range() -> pd.Series:
        before = close.shift()
        return pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)

    def rsi_() -> pd.Series:
        change = close.diff()
        gain, loss = wilder(change.clip(lower=0), 14), wilder(-change.clip(upper=0), 14)
        return 100 * gain / (gain + loss)

    def macd_() -> tuple[pd.Series, ...]:
        line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
        signal = line.ewm(span=9, adjust=False).mean()
        return line, signal, line - signal

    def bbands_() -> tuple[pd.Series, ...]:
        rolling = close.rolling(20)
        middle, away = rolling.mean(), 2 * rolling.std(ddof=0)
        return middle + away, middle, middle - away

    def stoch_() -> tuple[pd.Series, ...]:
        lowest, highest = low.rolling(14).min(), high.rolling(14).max()
        k = (100 * (close - lowest) / (highest - lowest)).rolling(3).mean()
        return k, k.rolling(3).mean()

    def adx_() -> tuple[pd.Series, ...]:
        up, down = high.diff(), -low.diff()
        reach = wilder(true_range(), 14)
        plus = 100 * wilder(up.where((up > down) & (up > 0), 0.0), 14) / reach
        minus = 100 * wilder(down.where((down > up) & (down > 0), 0.0), 14) / reach
        return wilder(100 * (plus - minus).abs() / (plus + minus), 14), plus, minus

    return {
        TEN[0]: lambda: close.rolling(20).mean(), TEN[1]: lambda: close.ewm(span=20, adjust=False).mean(),
        TEN[2]: rsi_, TEN[3]: macd_, TEN[4]: bbands_, TEN[5]: lambda: wilder(true_range(), 14),
        TEN[7]: stoch_, TEN[8]: adx_, TEN[9]: lambda: (np.sign(close.diff()).fillna(0) * volume).cumsum(),
    }  # fmt: skip


def seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def agreement(panel: Panel, theirs: object, c: Candles) -> float:
    """The largest difference from TA-Lib where both know a value, relative to the column's largest."""
    theirs = theirs if isinstance(theirs, list | tuple) else [theirs]
    columns = panel.over(c)
    worst = 0.0
    for expression, reference in zip(panel.expressions, theirs, strict=True):
        own, other = columns[expression], np.asarray(reference, float)
        known = ~np.isnan(own) & ~np.isnan(other)
        worst = max(worst, float(np.abs(own - other)[known].max() / np.abs(other[known]).max()))
    return worst


def over_columns(count: int, rounds: int) -> None:
    c = market(count)
    theirs, frames = talib_calls(c), pandas_calls(c)
    panels = {each: Panel([each], c.timeframe) for each in TEN}
    begun = time.perf_counter()
    for panel in panels.values():
        panel.over(c)
    print(f"first use of all ten, compiling or reading the cache: {time.perf_counter() - begun:.2f} s\n")
    best: dict[tuple[str, Indicator], float] = {}

    def timed(who: str, each: Indicator, call: Callable[[], object]) -> None:
        best[who, each] = min(best.get((who, each), np.inf), seconds(call))

    for number in range(rounds):
        for each in TEN:
            timed("ours", each, lambda: panels[each].over(c))  # noqa: B023  (called at once)
            timed("talib", each, theirs[each])
            if number < 2 and each in frames:
                timed("pandas", each, frames[each])
    print(f"ns a candle, {count:,} candles, best of {rounds} (pandas: of 2)")
    print(f"{'':24}{'ours':>8}{'TA-Lib':>8}{'ratio':>7}{'pandas':>8}{'ratio':>7}  difference from TA-Lib")
    for each in TEN:
        own, other = best["ours", each] / count * 1e9, best["talib", each] / count * 1e9
        frame = best.get(("pandas", each), np.nan) / count * 1e9
        apart = agreement(panels[each], theirs[each](), c)
        print(f"{each.label:24}{own:8.2f}{other:8.2f}{other / own:7.2f}", end="")
        print(f"{frame:8.1f}{frame / own:7.1f}  {apart:.0e}")
    own, other = (sum(best[who, each] for each in TEN) / count * 1e9 for who in ("ours", "talib"))
    print(f"{'all ten':24}{own:8.2f}{other:8.2f}{other / own:7.2f}")
    alone = min(seconds(lambda: talib.ADX(c.high, c.low, c.close, 14)) for _ in range(rounds)) / count * 1e9
    adx_three = best["talib", TEN[8]] / count * 1e9
    without = other - adx_three + alone
    print(f"{'  ADX without its DIs':24}{'':8}{without:8.2f}{without / own:7.2f}  (TA-Lib's; ours has them)")
    if frames:
        own, frame = (sum(best[who, each] for each in frames) / count * 1e9 for who in ("ours", "pandas"))
        print(f"{'those pandas has':24}{own:8.2f}{'':8}{'':7}{frame:8.1f}{frame / own:7.1f}")
    else:
        print("pandas is not installed here: its columns are empty (pip install 'thebot[pandas]')")


def talipp_candles() -> Callable[[list[Candle]], object] | None:
    """The ten of talipp, fed candle by candle; None if it is not installed."""
    try:
        from talipp import indicators as peer
        from talipp.ohlcv import OHLCV
    except ImportError:
        return None

    def run(rows: list[Candle]) -> None:
        closes = [peer.SMA(20), peer.EMA(20), peer.RSI(14), peer.MACD(12, 26, 9), peer.BB(20, 2)]
        candles = [peer.ATR(14), peer.SuperTrend(10, 3), peer.Stoch(14, 3), peer.ADX(14, 14), peer.OBV()]
        for row in rows:
            for each in closes:
                each.add(row.close)
            candle = OHLCV(row.open, row.high, row.low, row.close, row.volume)
            for each in candles:
                each.add(candle)

    return run


def candle_by_candle(rounds: int) -> None:
    c = market(20_000)
    panel = Panel(TEN, c.timeframe)
    rows = list(c.rows(slice(0, 4_000)))

    def stepping() -> None:
        live = panel.start()
        for each in rows:
            live.step(each)

    def previewing() -> None:
        live = panel.start()
        live.warm(c.rows(slice(0, 100)))
        for each in rows:
            live.preview(each)

    peer = talipp_candles()
    step, preview, other = np.inf, np.inf, np.nan
    for number in range(rounds):
        step, preview = min(step, seconds(stepping)), min(preview, seconds(previewing))
        if peer is not None and number < 2:
            other = np.fmin(other, seconds(lambda: peer(rows)))
    per_candle = 1e6 / len(rows)
    print("\nplain Python, all ten in one panel, us a candle: ", end="")
    print(f"step {step * per_candle:.2f}, preview {preview * per_candle:.2f}; ", end="")
    print(f"talipp {other * per_candle:.1f}, ratio {other / step:.1f}" if peer else "talipp is not installed")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--candles", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    over_columns(given.candles, given.rounds)
    candle_by_candle(given.rounds)


if __name__ == "__main__":
    main()
