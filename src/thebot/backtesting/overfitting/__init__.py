"""Is it skill, or the luckiest of many tries? Tests that a good result has to stand before it is believed."""

from thebot.backtesting.overfitting.candles import noisy_candles, permuted_candles
from thebot.backtesting.overfitting.cscv import Overfitting, pbo, sharpe_by_variant
from thebot.backtesting.overfitting.entries import RandomEntries, random_entries
from thebot.backtesting.overfitting.plateau import neighbours_by_rank, neighbours_in_grid, plateau
from thebot.backtesting.overfitting.reality import (
    SuperiorAbility,
    reality_check,
    standard_errors,
    superior_ability,
)
from thebot.backtesting.overfitting.sharpe import (
    SharpeEstimate,
    deflated_sharpe,
    expected_best_sharpe,
    expected_maximum,
    minimum_backtest,
    minimum_track_record,
    probabilistic_sharpe,
)
from thebot.backtesting.overfitting.truncation import ChangedByTheFuture, changed_by_the_future

__all__ = [
    "ChangedByTheFuture",
    "Overfitting",
    "RandomEntries",
    "SharpeEstimate",
    "SuperiorAbility",
    "changed_by_the_future",
    "deflated_sharpe",
    "expected_best_sharpe",
    "expected_maximum",
    "minimum_backtest",
    "minimum_track_record",
    "neighbours_by_rank",
    "neighbours_in_grid",
    "noisy_candles",
    "pbo",
    "permuted_candles",
    "plateau",
    "probabilistic_sharpe",
    "random_entries",
    "reality_check",
    "sharpe_by_variant",
    "standard_errors",
    "superior_ability",
]
