"""Whether there is a trend and where it turns."""

from thebot.indicators.trend.clouds import heikin_ashi, ichimoku
from thebot.indicators.trend.directional import adx, adxr, dm, dx
from thebot.indicators.trend.extremes import highest, lowest
from thebot.indicators.trend.persistence import hurst
from thebot.indicators.trend.regression import (
    linreg,
    linreg_angle,
    linreg_channel,
    linreg_intercept,
    linreg_slope,
    r_squared,
    tsf,
)
from thebot.indicators.trend.stops import atr_stop, chande_kroll, chandelier, psar, supertrend
from thebot.indicators.trend.strength import aroon, aroonosc, vhf, vortex

__all__ = [
    "adx",
    "adxr",
    "aroon",
    "aroonosc",
    "atr_stop",
    "chande_kroll",
    "chandelier",
    "dm",
    "dx",
    "heikin_ashi",
    "highest",
    "hurst",
    "ichimoku",
    "linreg",
    "linreg_angle",
    "linreg_channel",
    "linreg_intercept",
    "linreg_slope",
    "lowest",
    "psar",
    "r_squared",
    "supertrend",
    "tsf",
    "vhf",
    "vortex",
]
