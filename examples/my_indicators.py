"""Indicators of one's own: name this file in config.toml: indicator_files = ["my_indicators.py"].

They are then in `thebot indicators`, in rules, and in the selector of the dashboard. Whether to rely on them:

    thebot indicators check examples/my_indicators.py
"""

from thebot.indicators import close, combination, ema, high, indicator, low, nan, rsi


@indicator(
    inputs=(high, low, close), start=(0, 0.0), group="mine", unit="index", guides=(50.0,),
    ranges={"period": (2, 500)}, memory=lambda period: 21.0 * period,
)  # fmt: skip
def close_place(state, high, low, close, i, period: int = 10):
    """Close's place, 0 to 100: where candles close between their low and their high, smoothed.

    Formula: an average that weighs each new value 1 / period, of 100 * (close - low) / (high - low)
    Convention: 50 for a candle without range; seeded with the first candle's
    Source: an example
    """
    seen, average = state
    reach = high[i] - low[i]
    place = 100.0 * (close[i] - low[i]) / reach if reach > 0.0 else 50.0
    average = place if seen == 0 else average + (place - average) * (1.0 / period)
    seen += 1
    return (seen, average), average if seen >= period else nan


@combination(inputs=(close,), group="mine", unit="index", guides=(50.0,), rising=("fast", "slow"))
def rsi_of_trend(close, fast: int = 7, slow: int = 21):
    """RSI of an average: how steadily a smoothed price rises.

    Formula: rsi(ema(close, fast), slow)
    Source: an example
    """
    return rsi(ema(close, fast), slow)
