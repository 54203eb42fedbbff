from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from tests.market.series import of_closes, random_market

from thebot.market import Candles
from thebot.market.filters import assets_of, filters_of
from thebot.market.parquet import read_candles


@pytest.mark.parametrize(
    ("name", "tick", "step"),
    [("BTCUSDT", "0.01", "0.000001"), ("ADAUSDT", "0.00001", "0.01"), ("XLMUSDT", "0.00001", "0.1")],
)
def test_tick_and_step_are_read_off_real_prices_and_volumes(
    shared: Path, name: str, tick: str, step: str
) -> None:
    found = filters_of(read_candles(shared / "data" / "spot" / f"{name}-1h.parquet"))
    assert found is not None
    assert (found.tick, found.step) == (Decimal(tick), Decimal(step))
    assert (found.min_value, found.quote) == (5, "USDT")


def test_prices_finer_than_any_tick_have_no_filters() -> None:
    market = random_market(seed=1, length=50, timeframe="1h")
    assert filters_of(market) is None
    assert filters_of(Candles.empty("BTCUSDT", market.timeframe)) is None


def test_whole_prices_have_a_tick_of_one() -> None:
    market = of_closes([100, 110, 120])._with({"volume": np.array([1.5, 2.25, 3.0])})
    found = filters_of(market)
    assert found is not None
    assert (found.tick, found.step) == (1, Decimal("0.01"))


@pytest.mark.parametrize(
    ("symbol", "assets"),
    [("BTCUSDT", ("BTC", "USDT")), ("ETHBTC", ("ETH", "BTC")), ("BTC", ("BTC", "")), ("XYZ", ("XYZ", ""))],
)
def test_a_symbol_tells_its_assets(symbol: str, assets: tuple[str, str]) -> None:
    assert assets_of(symbol) == assets
