"""What a strategy would have earned on the past, after costs, and how far that can be believed."""

from thebot.backtesting.record import TrackRecord
from thebot.backtesting.simulate import Market, Simulated, simulate
from thebot.backtesting.trades import RoundTrip, Trades
from thebot.backtesting.trial import rerun, run
from thebot.trading.allocation import Account, Allocation
from thebot.trading.costs import Costs

__all__ = [
    "Account",
    "Allocation",
    "Costs",
    "Market",
    "RoundTrip",
    "Simulated",
    "TrackRecord",
    "Trades",
    "rerun",
    "run",
    "simulate",
]
