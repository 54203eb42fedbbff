from __future__ import annotations

import inspect
import re

import pytest

from thebot import errors
from thebot.errors import (
    BadCandles,
    RateLimited,
    RequestRefused,
    ThebotError,
    UnknownName,
    UsageError,
    nearest,
)


def drawn() -> dict[str, str | None]:
    """Name -> parent, as the module's docstring draws the tree."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([│├└─ ]*)([A-Z]\w+)(\s|$)", line)
        if found and (found[2] == "ThebotError" or found[1]):
            depth = len(found[1]) // 4
            parents[found[2]] = path[depth - 1] if depth else None
            path[depth:] = [found[2]]
    return parents


def test_the_tree_is_as_its_docstring_draws_it() -> None:
    real = {
        name: None if each is ThebotError else each.__bases__[0].__name__
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, ThebotError)
    }
    assert drawn() == real


def test_a_misspelt_name_is_answered_with_those_near_it() -> None:
    error = UnknownName("symbol", "BTCUSD", ["BTCUSDT", "BTCBUSD", "ETHUSDT"], "See `thebot fetch`.")
    assert str(error).startswith("There is no symbol 'BTCUSD'. Did you mean 'BTCUSDT'")
    assert str(error).endswith(" See `thebot fetch`.")
    assert error.exit_code == 2


def test_a_name_near_none_is_answered_with_all_if_they_are_few() -> None:
    assert str(UnknownName("side", "up", ["BUY", "SELL"])).endswith("There are: BUY, SELL.")
    assert str(UnknownName("side", "up", [])).endswith("There are: none.")
    assert "nor one with a name near it" in str(UnknownName("symbol", "?", [f"S{i}" for i in range(50)]))


def test_upper_and_lower_case_are_near_each_other() -> None:
    assert nearest("btcusdt", ["ETHUSDT", "BTCUSDT"])[0] == "BTCUSDT"


@pytest.mark.parametrize("each", [UsageError("x"), UnknownName("a", "b", []), BadCandles("x", 3)])
def test_what_a_user_can_mend_ends_with_code_2(each: ThebotError) -> None:
    assert each.exit_code == 2


def test_errors_keep_what_a_program_needs() -> None:
    assert BadCandles("x", 3).row == 3
    refused = RequestRefused("x", code=-1121, status=400)
    assert (refused.code, refused.status, refused.exit_code) == (-1121, 400, 1)
    assert RateLimited("x", retry_after=2.5).retry_after == 2.5
