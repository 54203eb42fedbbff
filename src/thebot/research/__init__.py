"""Research from Python and from the command line: candles from wherever they lie, trials, and what they left.

The parts of the floors below put together: the archive and the exchange for candles, the backtesting for the
record, the database for what was tried.
"""

from thebot.research.trials import backtest, counted

__all__ = ["backtest", "counted"]
