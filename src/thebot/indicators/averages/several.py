"""Several averages together: envelopes, Williams' Alligator."""

from __future__ import annotations

from thebot.indicators.averages.moving import sma, smma
from thebot.indicators.averages.prices import medprice
from thebot.indicators.expression import Expression, close, crosses_above, crosses_below, high, low
from thebot.indicators.indicator import combination
from thebot.indicators.usual import leaves_bands


@combination(
    inputs=(close,), group="averages", outputs=("upper", "middle", "lower"), overlay=True,
    aliases=("envelopes", "ma_env"), ranges={"percent": (0.0, 100.0)}, rule=leaves_bands, label="Envelope",
)  # fmt: skip
def ma_envelope(
    price: Expression, period: int = 20, percent: float = 2.5
) -> tuple[Expression, Expression, Expression]:
    """Moving average envelope: the simple average and two lines at `percent` above and below it.

    Formula: sma * (1 + percent / 100), sma, sma * (1 - percent / 100)
    Convention: around an SMA, as Stock.Indicators and ChartSchool
    Source: common knowledge
    """
    middle = sma(price, period)
    return middle * (1.0 + percent / 100.0), middle, middle * (1.0 - percent / 100.0)


@combination(
    inputs=(high, low), group="averages", outputs=("jaw", "teeth", "lips"), overlay=True, label="Alligator",
    rule=lambda lines: (crosses_above(lines.lips, lines.jaw), crosses_below(lines.lips, lines.jaw)),
)  # fmt: skip
def alligator(
    high: Expression, low: Expression, jaw: int = 13, teeth: int = 8, lips: int = 5,
    jaw_shift: int = 8, teeth_shift: int = 5, lips_shift: int = 3,
) -> tuple[Expression, Expression, Expression]:  # fmt: skip
    """Williams' Alligator: three smoothed averages of the median price, each drawn some candles ahead.

    It sleeps while the lines are entwined and eats while they are apart: lips over teeth over jaw in a
    rise, the other way round in a fall.

    Formula: smma(median, 13), smma(median, 8), smma(median, 5), read 8, 5 and 3 candles ago
    Convention: median = (high + low) / 2; what stands at a candle is what is drawn there
    Source: B. Williams, "Trading Chaos", 1995
    """
    median = medprice(high, low)
    return (
        smma(median, jaw).shift(jaw_shift),
        smma(median, teeth).shift(teeth_shift),
        smma(median, lips).shift(lips_shift),
    )
