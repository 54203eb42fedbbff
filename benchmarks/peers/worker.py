"""Runs in the peers' environment, without THEBOT: times pandas, polars, vectorbt and talipp on request.

Written as people write them. Each is keyed by what we call it. A request is a JSON line [peer, name,
candles]; the answer [seconds, last value of the first output].
"""
# ruff: noqa: ANN001, ANN201, ANN202  (an environment of its own)

import json
import sys
import time

import numpy as np
import pandas as pd
import polars as pl

market = np.load(sys.argv[1])


def columns(count):
    return {name: market[name][:count] for name in ("open", "high", "low", "close", "volume")}


def pandas_calls(c):
    close, high, low, volume = (pd.Series(c[name]) for name in ("close", "high", "low", "volume"))

    def ewm(series, span):
        return series.ewm(span=span, adjust=False).mean()

    def wilder(series, period):
        return series.ewm(alpha=1 / period, adjust=False).mean()

    def true_range():
        before = close.shift()
        return pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)

    def rsi():
        change = close.diff()
        gain, loss = wilder(change.clip(lower=0), 14), wilder(-change.clip(upper=0), 14)
        return 100 * gain / (gain + loss)

    def macd():
        line = ewm(close, 12) - ewm(close, 26)
        signal = ewm(line, 9)
        return line, signal, line - signal

    def bbands():
        rolling = close.rolling(20)
        middle, away = rolling.mean(), 2 * rolling.std(ddof=0)
        return middle + away, middle, middle - away

    def stoch():
        lowest, highest = low.rolling(14).min(), high.rolling(14).max()
        k = (100 * (close - lowest) / (highest - lowest)).rolling(3).mean()
        return k, k.rolling(3).mean()

    def adx():
        up, down = high.diff(), -low.diff()
        reach = wilder(true_range(), 14)
        plus = 100 * wilder(up.where((up > down) & (up > 0), 0.0), 14) / reach
        minus = 100 * wilder(down.where((down > up) & (down > 0), 0.0), 14) / reach
        return wilder(100 * (plus - minus).abs() / (plus + minus), 14), plus, minus

    def cci():
        typical = (high + low + close) / 3
        mean = typical.rolling(20).mean()
        away = typical.rolling(20).apply(lambda w: np.abs(w - w.mean()).mean(), raw=True, engine="numba")
        return (typical - mean) / (0.015 * away)

    return {
        "sma(20)": lambda: close.rolling(20).mean(),
        "ema(20)": lambda: ewm(close, 20),
        "rsi(14)": rsi,
        "macd(12, 26, 9)": macd,
        "bbands(20, 2)": bbands,
        "atr(14)": lambda: wilder(true_range(), 14),
        "stoch(14, 3, 3)": stoch,
        "adx(14)": adx,
        "obv()": lambda: (np.sign(close.diff()).fillna(0) * volume).cumsum(),
        "willr(14)": lambda: (
            -100 * (high.rolling(14).max() - close) / (high.rolling(14).max() - low.rolling(14).min())
        ),
        "cci(20)": cci,
        "roc(10)": lambda: 100 * close.pct_change(10),
        "donchian(20)": lambda: (high.rolling(20).max(), low.rolling(20).min()),
    }


def polars_calls(c):
    frame = pl.DataFrame(c)
    close, high, low, volume = pl.col("close"), pl.col("high"), pl.col("low"), pl.col("volume")

    def ewm(column, span):
        return column.ewm_mean(span=span, adjust=False)

    def wilder(column, period):
        return column.ewm_mean(alpha=1 / period, adjust=False)

    before = close.shift()
    true_range = pl.max_horizontal(high - low, (high - before).abs(), (low - before).abs())
    change = close.diff()
    gain, loss = wilder(change.clip(lower_bound=0), 14), wilder((-change).clip(lower_bound=0), 14)
    line = ewm(close, 12) - ewm(close, 26)
    middle, away = close.rolling_mean(20), 2 * close.rolling_std(20, ddof=0)
    lowest, highest = low.rolling_min(14), high.rolling_max(14)
    k = (100 * (close - lowest) / (highest - lowest)).rolling_mean(3)
    up, down = high.diff(), -low.diff()
    plus = 100 * wilder(pl.when((up > down) & (up > 0)).then(up).otherwise(0.0), 14) / wilder(true_range, 14)
    minus = (
        100 * wilder(pl.when((down > up) & (down > 0)).then(down).otherwise(0.0), 14) / wilder(true_range, 14)
    )
    asked = {
        "sma(20)": (close.rolling_mean(20),),
        "ema(20)": (ewm(close, 20),),
        "rsi(14)": (100 * gain / (gain + loss),),
        "macd(12, 26, 9)": (line, ewm(line, 9), line - ewm(line, 9)),
        "bbands(20, 2)": (middle + away, middle, middle - away),
        "atr(14)": (wilder(true_range, 14),),
        "stoch(14, 3, 3)": (k, k.rolling_mean(3)),
        "adx(14)": (wilder(100 * (plus - minus).abs() / (plus + minus), 14), plus, minus),
        "obv()": ((close.diff().sign().fill_null(0) * volume).cum_sum(),),
        "willr(14)": (-100 * (highest - close) / (highest - lowest),),
        "roc(10)": (100 * close.pct_change(10),),
        "donchian(20)": (high.rolling_max(20), low.rolling_min(20)),
    }

    def call(outputs):
        named = [each.alias(str(number)) for number, each in enumerate(outputs)]
        return lambda: [frame.select(named).get_column("0")]

    return {name: call(outputs) for name, outputs in asked.items()}


def vectorbt_calls(c):
    import vectorbt as vbt

    close, high, low, volume = c["close"], c["high"], c["low"], c["volume"]
    return {
        "sma(20)": lambda: vbt.MA.run(close, 20).ma,
        "ema(20)": lambda: vbt.MA.run(close, 20, ewm=True).ma,
        "rsi(14)": lambda: vbt.RSI.run(close, 14, ewm=True).rsi,
        "macd(12, 26, 9)": lambda: vbt.MACD.run(close, 12, 26, 9, macd_ewm=True, signal_ewm=True).macd,
        "bbands(20, 2)": lambda: vbt.BBANDS.run(close, 20, alpha=2).upper,
        "atr(14)": lambda: vbt.ATR.run(high, low, close, 14, ewm=True).atr,
        "stoch(14, 3, 3)": lambda: vbt.STOCH.run(high, low, close, 14, 3, 3).percent_d,
        "obv()": lambda: vbt.OBV.run(close, volume).obv,
    }


def talipp_calls(c):
    from talipp import indicators as peer
    from talipp.ohlcv import OHLCV

    closes = c["close"].tolist()
    candles = [OHLCV(*row) for row in zip(*(each.tolist() for each in c.values()), strict=True)]

    def fed(make, rows):
        def run():
            made = make()
            for row in rows:
                made.add(row)
            last = made[-1]
            return [last if isinstance(last, float | int) else np.nan]

        return run

    def all_fed(names):
        """Several together, candle by candle, as a desk runs them. (What they are fed is made before.)"""
        of_close = [of_closes[name]() for name in names if name in of_closes]
        of_candle = [of_candles[name]() for name in names if name in of_candles]

        def run():
            for close, candle in zip(closes, candles, strict=True):
                for each in of_close:
                    each.add(close)
                for each in of_candle:
                    each.add(candle)
            return [np.nan]

        return run

    of_closes = {
        "sma(20)": lambda: peer.SMA(20), "ema(20)": lambda: peer.EMA(20), "wma(20)": lambda: peer.WMA(20),
        "dema(20)": lambda: peer.DEMA(20), "tema(20)": lambda: peer.TEMA(20), "hma(20)": lambda: peer.HMA(20),
        "alma(9, 0.85, 6)": lambda: peer.ALMA(9, 0.85, 6), "kama(10, 2, 30)": lambda: peer.KAMA(10, 2, 30),
        "zlema(20)": lambda: peer.ZLEMA(20), "smma(14)": lambda: peer.SMMA(14),
        "t3(5, 0.7)": lambda: peer.T3(5, 0.7), "mcginley(14)": lambda: peer.McGinleyDynamic(14),
        "rsi(14)": lambda: peer.RSI(14), "macd(12, 26, 9)": lambda: peer.MACD(12, 26, 9),
        "bbands(20, 2)": lambda: peer.BB(20, 2), "roc(10)": lambda: peer.ROC(10),
        "stochrsi(14, 14, 3, 3)": lambda: peer.StochRSI(14, 14, 3, 3), "trix(30)": lambda: peer.TRIX(30),
        "stddev(20)": lambda: peer.StdDev(20),
    }  # fmt: skip
    of_candles = {
        "atr(14)": lambda: peer.ATR(14), "natr(14)": lambda: peer.NATR(14),
        "supertrend(10, 3)": lambda: peer.SuperTrend(10, 3), "stoch(14, 3, 3)": lambda: peer.Stoch(14, 3),
        "adx(14)": lambda: peer.ADX(14, 14), "obv()": lambda: peer.OBV(), "ao(5, 34)": lambda: peer.AO(5, 34),
        "ad()": lambda: peer.AccuDist(), "adosc(3, 10)": lambda: peer.ChaikinOsc(3, 10),
        "aroon(25)": lambda: peer.Aroon(25), "cci(20)": lambda: peer.CCI(20),
        "chop(14)": lambda: peer.CHOP(14), "donchian(20)": lambda: peer.DonchianChannels(20),
        "psar(0.02, 0.2)": lambda: peer.ParabolicSAR(0.02, 0.02, 0.2),
        "vortex(14)": lambda: peer.VTX(14), "vwma(20)": lambda: peer.VWMA(20),
        "willr(14)": lambda: peer.Williams(14), "ultosc(7, 14, 28)": lambda: peer.UO(7, 14, 28),
        "squeeze(20, 2, 1.5, 12)": lambda: peer.TTM(20, 2, 1.5),
    }  # fmt: skip
    made = {name: fed(make, closes) for name, make in of_closes.items()}
    made |= {name: fed(make, candles) for name, make in of_candles.items()}
    return made | {"together": all_fed}


PEERS = {"pandas": pandas_calls, "polars": polars_calls, "vectorbt": vectorbt_calls, "talipp": talipp_calls}
built = {}


def timed(peer, name, count):
    if (peer, count) not in built:
        built[peer, count] = PEERS[peer](columns(count))
    asked = built[peer, count]
    call = asked[name] if isinstance(name, str) else asked["together"](name)
    begun = time.perf_counter()
    result = call()
    took = time.perf_counter() - begun
    first = result[0] if isinstance(result, tuple | list) else result
    last = first if isinstance(first, float | int) else np.asarray(first).ravel()[-1]
    return took, float(last)


small = columns(500)
print(json.dumps({peer: sorted(make(small)) for peer, make in PEERS.items()}), flush=True)
for line in sys.stdin:
    print(json.dumps(timed(*json.loads(line))), flush=True)
