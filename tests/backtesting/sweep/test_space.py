from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.backtesting.sweep import Choices, Range, Space
from thebot.errors import BadSetting


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=5:20:5", (5, 10, 15, 20)),
        ("a=5:19:5", (5, 10, 15)),
        ("a=3:6", (3, 4, 5, 6)),
        ("a=0.1:0.5:0.1", (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("a=1:2:0.5", (1.0, 1.5, 2.0)),
        ("a=0.00001:0.00003:0.00001", (1e-5, 2e-5, 3e-5)),
        (" a = 1atr, 2atr ,none", ("1atr", "2atr", "none")),
        ("a=3,1,2.5", (3, 1, 2.5)),
        ("a=7", (7,)),
        ("a=-2:0", (-2, -1, 0)),
    ],
)
def test_a_text_says_what_a_parameter_may_be(text: str, values: tuple[object, ...]) -> None:
    found = Space.of_texts([text])
    assert found.dimensions["a"].values == values
    assert [type(each) for each in found.dimensions["a"].values] == [type(each) for each in values]
    assert found.size == len(values)


def test_a_range_without_steps_is_for_random_and_tpe_only() -> None:
    for text in ("a=0.5:2.0", "a=1:1000:log"):
        with pytest.raises(BadSetting, match="give a step"):
            Space.of_texts([text]).grid()


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["a"], "write a name and what it may be"),
        (["=1:2"], "write a name and what it may be"),
        (["a="], "write a name and what it may be"),
        (["a=1,2", "a=3"], "a is there already"),
        (["a=1:2:3:4"], "low:high:step"),
        (["a=1:x"], "low:high:step"),
        (["a=0:inf:1"], "low:high:step"),
        (["a=9:5"], "9 to 5 cannot be"),
        (["a=1:5:0"], "in steps of 0 cannot be"),
        (["a=1:5:-1"], "steps are above 0"),
        (["a=0:5:log"], "begins above 0"),
        (["a=1,1"], "different values"),
        (["a=1,,2"], "nothing between two commas"),
        (["a=1,"], "nothing between two commas"),
        ([], "Name a parameter to vary"),
    ],
)
def test_what_cannot_be_read_is_told(texts: list[str], told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        Space.of_texts(texts)


def test_a_grid_goes_through_the_last_parameter_quickest() -> None:
    found = Space.of_texts(["a=1:2", "stop=none,2atr"])
    assert found.grid() == [
        {"a": 1, "stop": "none"},
        {"a": 1, "stop": "2atr"},
        {"a": 2, "stop": "none"},
        {"a": 2, "stop": "2atr"},
    ]


def test_an_absurd_grid_is_refused_before_anything_is_made_of_it() -> None:
    huge = Space.of_texts(["a=1:1000000000000", "b=1:1000000000000"])
    assert huge.size == 10**24
    with pytest.raises(BadSetting, match="1,000,000,000,000,000,000,000,000 variants; at most 1,000,000"):
        huge.grid()
    assert len(huge.random(5, seed=1)) == 5  # a few of it are no trouble
    assert huge.holds({"a": 999_999_999_999, "b": 1})


def test_random_draws_differ_and_come_again_with_the_same_seed() -> None:
    wide = Space.of_texts(["a=1:30", "b=0.5:2.0", "c=x,y", "d=1:1000:log"])
    one, again, other = wide.random(100, 1), wide.random(100, 1), wide.random(100, 2)
    assert one == again != other
    assert len({tuple(each.values()) for each in one}) == 100
    assert all(wide.holds(each) for each in one)


def test_no_more_are_drawn_than_there_are() -> None:
    few = Space.of_texts(["a=1:3", "b=x,y"])
    drawn = few.random(50, seed=0)
    assert sorted(map(str, drawn)) == sorted(map(str, few.grid()))


def test_a_range_by_ratios_draws_as_often_from_1_to_10_as_from_10_to_100() -> None:
    drawn = [each["a"] for each in Space.of_texts(["a=1.0:100.0:log"]).random(2_000, seed=0)]
    assert sum(float(each) < 10 for each in drawn) == pytest.approx(1_000, abs=100)


@pytest.mark.parametrize(
    ("variant", "within"),
    [
        ({"a": 0.3, "b": "x"}, True),
        ({"a": 0.35, "b": "x"}, False),
        ({"a": 0.6, "b": "x"}, False),
        ({"a": 0.0, "b": "x"}, False),
        ({"a": "x", "b": "x"}, False),
        ({"a": 0.3, "b": "z"}, False),
        ({"a": 0.3}, False),
        ({"a": 0.3, "b": "x", "c": 1}, False),
    ],
)
def test_a_space_knows_its_own(variant: dict[str, float | str], within: bool) -> None:
    assert Space.of_texts(["a=0.1:0.5:0.1", "b=x,y"]).holds(variant) is within


@given(st.integers(-50, 50), st.integers(1, 400), st.integers(1, 60), st.sampled_from([1, 10, 1000]))
def test_every_value_of_a_grid_is_in_the_space(low: int, count: int, step: int, parts: int) -> None:
    one = Range(low / parts, (low + count * step) / parts, step / parts)
    assert one.count == count + 1 == len(set(one.values))
    assert all(one.holds(each) for each in one.values)
    assert one.values[-1] == pytest.approx(one.high)


def test_texts_become_numbers_by_their_place_and_numbers_stay() -> None:
    mixed = Space({"a": Choices((10, 30)), "b": Choices(("none", "2atr"))})
    assert list(mixed.points(mixed.grid())) == [[10, 0], [10, 1], [30, 0], [30, 1]]
