"""How fast and how far the price moves."""

from thebot.indicators.momentum.change import coppock, kst, mom, pmo, roc, rocp, rocr, rocr100, trix
from thebot.indicators.momentum.convergence import above_sma, ac, ao, apo, dpo, elder_ray, macd, ppo, tsi
from thebot.indicators.momentum.cycles import fisher, schaff, stc
from thebot.indicators.momentum.divergences import divergence, rsi_divergence
from thebot.indicators.momentum.ranges import bop, cci, ibs, qstick, ultosc
from thebot.indicators.momentum.stochastics import kdj, percent_k, smi, stoch, stochf, willr
from thebot.indicators.momentum.strength import cmo, crsi, imi, percent_rank, rsi, stochrsi, streak

__all__ = [
    "above_sma", "ac", "ao", "apo", "bop", "cci", "cmo", "coppock", "crsi", "divergence", "dpo", "elder_ray",
    "fisher", "ibs", "imi", "kdj", "kst", "macd", "mom", "percent_k", "percent_rank", "pmo", "ppo", "qstick",
    "roc", "rocp", "rocr", "rocr100", "rsi", "rsi_divergence", "schaff", "smi", "stc", "stoch", "stochf",
    "stochrsi", "streak", "trix", "tsi", "ultosc", "willr",
]  # fmt: skip
