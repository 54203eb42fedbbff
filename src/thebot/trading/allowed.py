"""What an account has to have for a strategy to be traded with it at all."""

from __future__ import annotations

from thebot.errors import BadSetting
from thebot.market import Instrument
from thebot.trading.allocation import Account


def require_side(label: str, account: Account, *, shorts: bool) -> None:
    """Raises BadSetting for a strategy that sells short with an account that may not."""
    if shorts and not account.shorts:
        raise BadSetting(
            f"{label} sells short, and a spot account cannot: it has nothing to sell. Leave out its short "
            "side; or, for a venue where it is possible, say Account(shorts=True) (--shorts on the command "
            "line)."
        )


def require_cash(instrument: Instrument, account: Account) -> None:
    """Raises BadSetting for cash below what an order must be worth."""
    if account.cash < instrument.min_value:
        raise BadSetting(
            f"{instrument.symbol}: an order must be worth {instrument.min_value} {instrument.quote} at "
            f"least, and the account starts with {account.cash:g}. Start with more (cash)."
        )
