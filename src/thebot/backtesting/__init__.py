"""What a strategy would have earned on the past, after costs, and how far that can be believed."""

from thebot.backtesting.costs import Costs
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.simulate import RoundTrip, Simulated, simulate
from thebot.backtesting.trial import backtest

__all__ = ["Costs", "RoundTrip", "Simulated", "TrackRecord", "backtest", "simulate"]
