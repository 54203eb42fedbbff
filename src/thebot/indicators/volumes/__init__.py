"""What the traded volume says.

(Not called `volume`: that is the column of the candles, a name of this package.)
"""

from thebot.indicators.volumes.flow import obv

__all__ = ["obv"]
