# ruff: noqa: ANN001, ANN202  (steps are written as users write them)
"""Other pasts and the check of the future: what of `backtesting.overfitting` reads candles."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import markets, of_closes, random_market

from thebot.backtesting.overfitting import changed_by_the_future, noisy_candles, permuted_candles
from thebot.errors import BadSetting
from thebot.indicators import Definition, Panel, atr, close, crosses_above, ema, indicator, rsi, sma
from thebot.market import Candles
from thebot.market.parquet import read_candles
from thebot.market.quality import check, halted_before

PRICES = ("open", "high", "low", "close")


def shapes(candles: Candles) -> np.ndarray:
    """High, low and close over the open, and the volume: one row for each candle, sorted."""
    rows = np.stack(
        [*(np.log(getattr(candles, n) / candles.open) for n in PRICES[1:]), candles.volume], axis=1
    )
    return rows[np.lexsort(rows.round(9).T)]


def gaps(candles: Candles) -> np.ndarray:
    return np.sort(np.log(candles.open[1:] / candles.close[:-1]))


@given(market=markets(timeframes=("1m", "4h", "1d")), seed=st.integers(0, 99), keep=st.integers(1, 30))
def test_permuted_candles_are_the_same_candles_in_another_order(
    market: Candles, seed: int, keep: int
) -> None:
    found = permuted_candles(market, seed=seed, keep=keep)
    assert check(found) is found
    assert found.open_time.tolist() == market.open_time.tolist()
    for name in PRICES:
        kept, given_ = getattr(found, name)[:keep], getattr(market, name)[:keep]
        assert kept == pytest.approx(given_, rel=1e-12)
    borders = [0, *halted_before(market).tolist(), len(market)]
    for first, last in itertools.pairwise(borders):
        run, other = market[first:last], found[first:last]
        assert shapes(other) == pytest.approx(shapes(run), rel=1e-7, abs=1e-7)
        assert gaps(other) == pytest.approx(gaps(run), abs=1e-9)
        assert other.open[0] == run.open[0]
        assert other.close[-1] == pytest.approx(run.close[-1], rel=1e-9)


def test_gaps_are_drawn_apart_from_the_shapes() -> None:
    market = random_market(seed=3, length=200)
    found = permuted_candles(market, seed=1)
    bodies, found_bodies = np.log(market.close / market.open), np.log(found.close / found.open)
    steps, found_steps = (np.log(each.open[1:] / each.close[:-1]) for each in (market, found))
    from_body = [int(np.abs(bodies - body).argmin()) for body in found_bodies[1:]]
    from_step = [int(np.abs(steps - step).argmin()) + 1 for step in found_steps]
    rows = list(range(1, 200))
    assert sorted(from_body) == sorted(from_step) == rows
    assert rows != from_body != from_step != rows


def test_what_is_kept_goes_on_after_a_halt() -> None:
    before, after = random_market(seed=1, length=20), random_market(seed=2, length=40, begin=5_000)
    both = before.followed_by(after)
    found = permuted_candles(both, seed=1, keep=30)
    assert found.close[:30].tolist() == both.close[:30].tolist()
    assert found.close[30:40].tolist() != both.close[30:40].tolist()


def test_permuting_breaks_the_order_and_repeats_with_its_seed() -> None:
    rising = of_closes([100 * 1.01**n for n in range(100)] + [100 * 1.01 ** (100 - n) for n in range(100)])
    found = permuted_candles(rising, seed=1)
    moves = np.sign(np.diff(found.close))
    assert (moves[1:] != moves[:-1]).mean() > 0.4  # the market given turns once
    assert found.close.tolist() == permuted_candles(rising, seed=1).close.tolist()
    assert found.close.tolist() != permuted_candles(rising, seed=2).close.tolist()


def test_the_volumes_of_a_candle_go_with_it() -> None:
    market = random_market(seed=3, length=200)
    found = permuted_candles(market, seed=1)
    assert found.trades is not None
    assert market.trades is not None
    pairs = set(zip(market.volume.tolist(), market.trades.tolist(), strict=True))
    assert set(zip(found.volume.tolist(), found.trades.tolist(), strict=True)) == pairs
    assert found.quote_volume == pytest.approx(found.volume * found.close)  # as in the market given


def test_nothing_is_carried_over_a_delisting(shared: Path) -> None:
    luna = read_candles(shared / "data" / "spot" / "LUNAUSDT-1h.parquet")
    (border,) = halted_before(luna).tolist()
    for found in (permuted_candles(luna, seed=1), noisy_candles(luna, size=0.2, seed=1)):
        assert check(found) is found
        assert len(found) == len(luna)
        assert found.open[border] == luna.open[border]
        assert halted_before(found).tolist() == [border]


@given(market=markets(timeframes=("1m", "4h", "1d")), seed=st.integers(0, 99), size=st.floats(0, 1))
def test_noisy_candles_are_possible_ones_at_the_same_times(market: Candles, seed: int, size: float) -> None:
    found = noisy_candles(market, size=size, seed=seed)
    assert check(found) is found
    assert found.open_time.tolist() == market.open_time.tolist()
    assert found.volume.tolist() == market.volume.tolist()
    borders = [0, *halted_before(market).tolist(), len(market)]
    for first, last in itertools.pairwise(borders):
        assert gaps(found[first:last]) == pytest.approx(gaps(market[first:last]), abs=1e-9)


def test_noise_is_as_large_as_it_says_and_none_changes_nothing() -> None:
    market = random_market(seed=5, length=5_000)
    average = Panel([atr(14)], market.timeframe).over(market)[atr(14)]
    found = noisy_candles(market, size=0.25, seed=1)
    apart = (found.close - market.close)[14:] / average[14:]
    assert apart.std() == pytest.approx(0.25, rel=0.05)
    assert apart.mean() == pytest.approx(0.0, abs=0.02)
    still = noisy_candles(market, size=0.0, seed=1)
    for name in PRICES:
        assert getattr(still, name).tolist() == getattr(market, name).tolist()
    assert found.close.tolist() == noisy_candles(market, size=0.25, seed=1).close.tolist()
    assert found.close.tolist() != noisy_candles(market, size=0.25, seed=2).close.tolist()


def test_candles_without_any_or_without_an_order() -> None:
    for few in (of_closes([]), of_closes([5.0]), of_closes([5.0, 6.0])):
        assert permuted_candles(few, seed=1).close.tolist() == few.close.tolist()
        assert len(noisy_candles(few, size=0.1, seed=1)) == len(few)
    with pytest.raises(BadSetting, match="keep=0"):
        permuted_candles(of_closes([5.0]), seed=1, keep=0)
    with pytest.raises(BadSetting, match="Noise of 1"):
        noisy_candles(of_closes([5.0]), size=1.5, seed=1)


def defined(step: Any) -> Definition:
    return indicator(inputs=(close,), start=(0.0,), group="wrong")(step)


def test_rules_of_ours_do_not_change_with_the_future() -> None:
    rules = [crosses_above(rsi(14), 30) & (ema(5) > sma(20)).at("4h"), 2 * atr(14), close.shift(3)]
    market = random_market(seed=7, length=2_000, timeframe="1h", missing=0.01)
    columns = Panel(rules, market.timeframe).over(market)
    assert changed_by_the_future(rules, market, cuts=4, seed=1) == []
    assert changed_by_the_future(rules, market, cuts=4, seed=1, columns=columns) == []
    assert changed_by_the_future(rules, market, cuts=20, seed=1, longest=300) == []


def test_a_step_that_reads_ahead_is_named_with_its_row_before_what_is_made_of_it() -> None:
    def sees_tomorrow(state, price, i):
        # only where a trial on a plain market does not notice it
        return state, price[i + 1] if price[i] > 1_000.0 else price[i]

    peeking = defined(sees_tomorrow)()
    market = random_market(seed=7, length=500, timeframe="1h")
    market = replace(market, **{name: getattr(market, name) * 1e4 for name in PRICES})
    rule = crosses_above(close, sma(peeking, 2)).at("2h")
    found = changed_by_the_future([ema(9), sma(peeking, 2), rule], market, cuts=3, seed=2)
    assert [each.expression for each in found][:2] == [peeking.outputs[0], sma(peeking, 2).outputs[0]]
    first = found[0]
    assert first.row == first.cut - 1  # the candle before it was cut off
    assert first.after == market.close[first.cut]
    assert f"sees_tomorrow(): at row {first.row} it is" in str(first)
    assert not changed_by_the_future([ema(9)], market, cuts=3, seed=2)
    inside = changed_by_the_future([ema(9), sma(peeking, 2)], market, cuts=3, seed=2, longest=60)
    # in a stretch of the market the rows are named as in the whole
    assert [(each.expression, each.row) for each in inside] == [(e.expression, e.row) for e in found[:2]]


def test_a_step_that_remembers_between_runs_is_named() -> None:
    kept = [0.0]

    def counts_all(state, price, i):
        kept[0] += 1.0
        return state, price[i] + kept[0]

    with pytest.warns(match="cannot be compiled"):
        found = changed_by_the_future([defined(counts_all)()], random_market(seed=1, length=30), cuts=1)
    assert [each.row for each in found] == [0]


def test_there_are_no_more_truncations_than_rows() -> None:
    assert changed_by_the_future([close], of_closes([]), cuts=3) == []
    assert changed_by_the_future([sma(2)], of_closes([1.0, 2.0, 3.0]), cuts=99) == []
    with pytest.raises(BadSetting, match="-1 truncations"):
        changed_by_the_future([close], of_closes([1.0]), cuts=-1)
    with pytest.raises(BadSetting, match="of 1 candles"):
        changed_by_the_future([close], of_closes([1.0]), longest=1)
