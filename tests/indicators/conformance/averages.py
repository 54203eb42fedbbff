"""Cases of the averages."""

from __future__ import annotations

import talib as ta

from thebot.indicators import ema, sma

from .cases import Case, skender, talib, talipp, tulip

CASES: tuple[Case, ...] = (
    talib(sma(20), "SMA", lambda c: ta.SMA(c.close, 20)),
    talib(ema(20), "EMA", lambda c: ta.EMA(c.close, 20)),
    skender(sma(20), "sma", "sma"),
    tulip(sma, "sma"),
    talipp(sma(20), "test_SMA"),
)
