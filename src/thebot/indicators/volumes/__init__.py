"""What the traded volume says.

(Not called `volume`: that is the column of the candles, a name of this package.)
"""

from thebot.indicators.volumes.activity import pvo, rvol
from thebot.indicators.volumes.flow import nvi, obv, pvi, vpt
from thebot.indicators.volumes.force import emv, force, kvo, marketfi
from thebot.indicators.volumes.money import ad, adosc, cmf, mfi
from thebot.indicators.volumes.profiles import session_profile, volume_profile

__all__ = [
    "ad",
    "adosc",
    "cmf",
    "emv",
    "force",
    "kvo",
    "marketfi",
    "mfi",
    "nvi",
    "obv",
    "pvi",
    "pvo",
    "rvol",
    "session_profile",
    "volume_profile",
    "vpt",
]
