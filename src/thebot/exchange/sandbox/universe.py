"""The simulated markets: well-known pairs with plausible prices, digits and temper.

Columns: base asset, price in USDT around which it lives, digits of the price tick, digits of the quantity
step, how strongly it follows the market as a whole (beta). In the order of how much they are traded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thebot.exchange.sandbox.listings import Listing

_TABLE: Final = """
BTC 96500 2 5 1.0 | ETH 3350 2 4 1.2 | SOL 188 2 3 1.4 | XRP 2.31 4 1 1.2 | DOGE 0.341 5 0 1.5
BNB 695 2 3 0.9 | ADA 0.92 4 1 1.3 | PEPE 0.0000184 8 0 1.8 | SUI 4.32 4 1 1.6 | LINK 22.4 2 2 1.3
AVAX 38.6 2 2 1.4 | TRX 0.252 4 1 0.6 | SHIB 0.0000221 8 0 1.6 | LTC 104.3 2 3 1.1 | DOT 7.05 3 2 1.3
HBAR 0.287 5 0 1.5 | XLM 0.386 4 0 1.2 | BCH 446 1 3 1.1 | UNI 13.6 3 2 1.4 | NEAR 5.24 3 1 1.5
APT 9.11 2 2 1.5 | AAVE 318 2 3 1.4 | ICP 10.2 3 2 1.4 | ETC 26.4 2 2 1.2 | FIL 5.06 3 2 1.4
ARB 0.742 4 1 1.5 | OP 1.82 3 2 1.5 | ATOM 6.41 3 2 1.2 | INJ 21.2 2 2 1.6 | FET 1.31 4 1 1.7
RENDER 7.18 3 2 1.6 | TIA 4.74 4 2 1.7 | SEI 0.418 4 1 1.7 | WIF 1.78 4 2 2.0 | BONK 0.0000301 8 0 1.9
FLOKI 0.000171 8 0 1.8 | WLD 2.12 3 1 1.7 | ENA 0.914 4 2 1.7 | ONDO 1.37 4 1 1.5 | TAO 452 1 4 1.6
TON 5.38 3 2 0.9 | ALGO 0.334 4 0 1.3 | VET 0.0452 5 1 1.3 | GRT 0.204 4 0 1.4 | STX 1.49 4 1 1.5
IMX 1.32 4 2 1.4 | MKR 1510 0 4 1.1 | RUNE 4.71 3 1 1.5 | LDO 1.84 3 2 1.5 | SAND 0.554 4 0 1.4
MANA 0.472 4 0 1.3 | AXS 6.22 2 2 1.3 | THETA 2.13 3 1 1.4 | FTM 0.703 4 0 1.6 | EGLD 33.2 2 2 1.3
XTZ 1.29 3 1 1.2 | EOS 0.783 4 1 1.2 | NEO 13.9 2 2 1.2 | IOTA 0.287 4 0 1.3 | KAVA 0.462 4 0 1.2
CHZ 0.0831 5 0 1.2 | CRV 0.892 4 1 1.5 | SNX 2.03 3 1 1.4 | COMP 74.2 2 3 1.2 | ZEC 53.6 2 3 1.1
DASH 36.2 2 3 1.1 | ENJ 0.211 4 1 1.3 | BAT 0.232 4 1 1.2 | ZIL 0.0197 5 1 1.3 | QTUM 2.94 3 1 1.2
ONT 0.243 4 0 1.2 | ICX 0.157 4 1 1.2 | IOST 0.00542 6 0 1.3 | ANKR 0.0332 5 0 1.3 | SUSHI 1.38 4 1 1.4
1INCH 0.372 4 1 1.3 | YFI 7820 0 5 1.2 | ZRX 0.476 4 0 1.2 | LRC 0.203 4 0 1.3 | CELO 0.638 3 1 1.3
ROSE 0.0794 5 1 1.5 | ONE 0.0241 5 1 1.4 | KSM 32.1 2 3 1.3 | GALA 0.0362 5 0 1.5 | APE 1.12 4 2 1.5
GMT 0.141 4 1 1.5 | JASMY 0.0312 5 0 1.7 | DYDX 1.49 3 2 1.5 | ENS 34.1 2 2 1.3 | MASK 2.93 3 0 1.5
PENDLE 4.86 3 1 1.5 | JUP 0.842 4 1 1.6 | PYTH 0.362 4 1 1.6 | STRK 0.448 3 2 1.5 | ORDI 24.6 2 2 1.7
1000SATS 0.000254 7 0 1.7 | NOT 0.00544 6 0 1.7 | PEOPLE 0.0483 5 0 1.8 | ARKM 1.52 3 0 1.6
BLUR 0.241 4 1 1.6 | CFX 0.159 4 0 1.5 | MINA 0.562 4 1 1.4 | FLOW 0.721 3 2 1.3 | WOO 0.212 4 0 1.4
AR 16.6 2 2 1.5 | KDA 0.883 3 1 1.4 | HOT 0.00212 6 0 1.4 | SKL 0.0521 5 1 1.4 | CKB 0.0142 6 0 1.6
BAND 1.34 3 1 1.3
"""


@dataclass(frozen=True, slots=True)
class Character:
    """A simulated market: its listing and what it is like."""

    listing: Listing
    home: float  # price in quote currency around which it wanders
    beta: float  # how many per cent it moves when the market moves one
    rank: int  # 0 is the most traded


def universe() -> list[Character]:
    """All the markets that can be simulated, the most traded first."""
    entries = [entry.split() for line in _TABLE.strip().splitlines() for entry in line.split("|")]
    return [
        Character(Listing(f"{base}USDT", base, "USDT", int(price), int(step)), float(home), float(beta), rank)
        for rank, (base, home, price, step, beta) in enumerate(entries)
    ]
