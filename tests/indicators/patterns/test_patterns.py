"""Candlestick patterns: beside TA-Lib where gaps and ties abound, and what a few of them mean."""

from __future__ import annotations

import numpy as np
import pytest
import talib as ta
from talib import abstract

from thebot.indicators import Panel, patterns
from thebot.indicators.indicator import Definition, Indicator
from thebot.market import Candles, FloatArray

from ..conformance.patterns import EVERY, by_talib
from ..markets import START, candles

every_pattern = pytest.mark.parametrize("definition", EVERY, ids=repr)

# Numbers of ticks: gaps up to, bodies up to, shadows up to; the tick; the share of candles that stand still.
CHARACTERS = [
    (0, 3, 3, 0.01, 0.1), (1, 2, 1, 1e-8, 0.0), (2, 8, 2, 0.01, 0.1), (3, 3, 3, 0.05, 0.0),
    (4, 10, 3, 0.25, 0.0), (8, 8, 2, 0.01, 0.0), (8, 6, 12, 1.0, 0.1), (3, 10, 0, 0.01, 0.0),
]  # fmt: skip

# A close plus a share of a body may round otherwise, where that is no binary fraction: TA-Lib may use fused
# multiply-add. It shows where the two are equal, about once in 50,000 of such candles.
EXACT = {"morning_star", "evening_star", "morning_doji_star", "evening_doji_star", "abandoned_baby"}

QUIET = [(10.0, 11.5, 9.5, 11.0), (11.0, 11.5, 9.5, 10.0)] * 10
SWALLOW = [
    (20.0, 20.0, 16.0, 16.0),
    (16.0, 16.0, 12.0, 12.0),
    (11.0, 13.0, 9.5, 10.0),
    (14.0, 14.0, 9.0, 9.0),
]


def market(rows: list[tuple[float, float, float, float]]) -> Candles:
    """Of (open, high, low, close)."""
    opened, high, low, close = np.array(rows, dtype=float).T
    time = START + np.arange(len(rows)) * 3_600_000
    return candles(time, opened, high, low, close, np.ones(len(rows)), "1h")


def ticking(character: tuple[int, int, int, float, float], count: int, seed: int) -> Candles:
    """Candles of a few ticks with gaps between them, so that all that is compared is often equal."""
    gaps, bodies, shadows, tick, still = character
    random = np.random.default_rng(seed)
    moving = random.random(count) >= still
    gap = random.integers(-gaps, gaps + 1, count)
    move = random.integers(-bodies, bodies + 1, count) * moving
    close = 50_000 + np.cumsum(gap + move)
    opened = close - move
    high = np.maximum(opened, close) + random.integers(0, shadows + 1, count) * moving
    low = np.minimum(opened, close) - random.integers(0, shadows + 1, count) * moving
    time = START + np.arange(count) * 60_000
    return candles(time, opened * tick, high * tick, low * tick, close * tick, np.ones(count), "1m")


def staged(rows: list[tuple[float, float, float, float]], times: int, seed: int) -> Candles:
    """A rare sight many times over, each time with its prices moved by a few ticks."""
    prices = np.tile(np.array(QUIET + rows) * 100, (times, 1)).round()
    prices += np.random.default_rng(seed).integers(-8, 9, prices.shape)
    opened, close = prices[:, 0], prices[:, 3]
    high, low = prices.max(axis=1), prices.min(axis=1)
    time = START + np.arange(len(prices)) * 60_000
    return candles(time, opened * 0.01, high * 0.01, low * 0.01, close * 0.01, np.ones(len(prices)), "1m")


def found(indicator: Indicator, c: Candles) -> FloatArray:
    return Panel([indicator], c.timeframe).over(c)[indicator]


def last(definition: Definition, rows: list[tuple[float, float, float, float]], **named: float) -> float:
    """What it says at the last of `rows`, after twenty quiet candles."""
    return float(found(definition(**named), market(QUIET + rows))[-1])


@pytest.fixture(scope="module")
def ticks() -> list[Candles]:
    walks = [ticking(character, 100_000, seed) for seed, character in enumerate(CHARACTERS)]
    return [*walks, staged(SWALLOW, 200, seed=1)]


@every_pattern
def test_equal_to_talib_where_candles_gap_and_tie(definition: Definition, ticks: list[Candles]) -> None:
    call = getattr(ta, definition.aliases[0].upper())
    indicator = definition(penetration=0.25) if definition.name in EXACT else definition()
    hits = 0
    for c in ticks:
        theirs = call(c.open, c.high, c.low, c.close, *indicator.parameters)
        ours = found(indicator, c)
        np.testing.assert_array_equal(ours[indicator.lookback :], theirs[indicator.lookback :])
        hits += int(np.count_nonzero(theirs))
    assert hits, "a pattern that never shows proves nothing"


@every_pattern
def test_known_from_the_same_candle_as_in_talib(definition: Definition) -> None:
    indicator = definition()
    assert indicator.warmup == abstract.Function(definition.aliases[0].upper()).lookback


@every_pattern
@pytest.mark.parametrize("price", [0.3, 1e-12, 1e12])
def test_a_market_that_never_moves_is_as_in_talib(definition: Definition, price: float) -> None:
    c = market([(price, price, price, price)] * 40)
    ours = found(definition(), c)[definition().lookback :]
    np.testing.assert_array_equal(ours, by_talib(definition, c)[definition().lookback :])


def test_every_pattern_of_talib_is_there() -> None:
    theirs = {name.lower() for name in ta.get_function_groups()["Pattern Recognition"]}
    assert {definition.aliases[0] for definition in EVERY} == theirs


def test_one_price_all_day_is_a_doji_and_no_marubozu() -> None:
    still = [(10.0, 10.0, 10.0, 10.0)]
    assert last(patterns.doji, still) == 100
    assert last(patterns.marubozu, still) == 0


def test_an_engulfing_body_that_ends_level_counts_eighty() -> None:
    assert last(patterns.engulfing, [(11, 11, 10, 10), (9.5, 12, 9.5, 12)]) == 100
    assert last(patterns.engulfing, [(11, 11, 10, 10), (10, 12, 10, 12)]) == 80
    assert last(patterns.engulfing, [(10, 11, 10, 11), (11, 11, 9, 9)]) == -80
    assert last(patterns.engulfing, [(11, 11, 10, 10), (10, 11, 10, 11)]) == 0  # the same body: not beyond it


def test_a_harami_says_nothing_of_the_second_colour() -> None:
    black = (15, 15, 10, 10)
    assert last(patterns.harami, [black, (12, 13, 12, 13)]) == 100
    assert last(patterns.harami, [black, (13, 13, 12, 12)]) == 100
    assert last(patterns.harami, [black, (10, 11, 10, 11)]) == 80
    assert last(patterns.harami, [black, (9, 9.5, 9, 9.5)]) == 0


def test_a_morning_star_must_close_as_deep_as_it_is_told() -> None:
    rows = [(20, 20, 10, 10), (9, 9.5, 8.5, 9.25), (10, 15, 10, 14)]  # back by 4 of 10
    assert last(patterns.morning_star, rows) == 100
    assert last(patterns.morning_star, rows, penetration=0.5) == 0


def test_a_hikkake_is_confirmed_within_three_candles_or_not_at_all() -> None:
    mother, inside, trap = (10, 14, 8, 12), (11, 13, 9, 12), (11, 12, 8.5, 9)
    waits, back = [(10, 12.5, 8.4, 11), (10, 12.6, 8.3, 11)], (11, 14, 8.2, 13.5)
    assert last(patterns.hikkake, [mother, inside, trap]) == 100
    assert last(patterns.hikkake, [mother, inside, trap, back]) == 200
    assert last(patterns.hikkake, [mother, inside, trap, *waits, back]) == 200
    assert last(patterns.hikkake, [mother, inside, trap, *waits, (10, 12.7, 8.25, 11), back]) == 0


def test_a_fourth_candle_that_takes_in_the_third_conceals_the_swallow() -> None:
    assert last(patterns.concealing_baby_swallow, SWALLOW) == 100
    assert last(patterns.concealing_baby_swallow, [*SWALLOW[:3], (13, 13, 9, 9)]) == 0  # not beyond the high


def test_a_mat_hold_goes_on_above_the_highs_of_its_rest() -> None:
    rest = [(15.5, 15.6, 14.9, 15), (14.3, 14.4, 13.5, 13.6), (13.9, 14, 13.1, 13.2)]
    rows = [(10, 14, 10, 14), *rest, (13.5, 16, 13.5, 16)]
    assert last(patterns.mat_hold, rows) == 100
    assert last(patterns.mat_hold, rows, penetration=0.1) == 0  # it gave back 0.8 of 4
    assert last(patterns.mat_hold, [*rows[:4], (13.5, 15.6, 13.5, 15.6)]) == 0


def test_rules_buy_on_what_is_positive_and_sell_on_what_is_negative() -> None:
    signals = patterns.engulfing.signals()
    assert signals is not None
    c = market([(11, 11, 10, 10)] * 3 + [(9.5, 12, 9.5, 12), (12.5, 12.5, 9, 9)])
    columns = Panel(list(signals), c.timeframe).over(c)
    assert [columns[each].tolist() for each in signals] == [[0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]


def test_what_has_no_direction_has_no_rule() -> None:
    without = {definition.name for definition in EVERY if definition.rule is None}
    assert without == {
        "doji", "dragonfly_doji", "gravestone_doji", "high_wave", "long_legged_doji", "rickshaw_man",
        "short_line", "spinning_top", "takuri",
    }  # fmt: skip
