"""What tests define joins the catalogue of the process: each leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from thebot.indicators import own
from thebot.indicators.indicator import _named


@pytest.fixture(autouse=True)
def _only_ours() -> Iterator[None]:
    before, loaded = dict(_named), dict(own._loaded)
    yield
    _named.clear()
    _named.update(before)
    own._loaded.clear()
    own._loaded.update(loaded)
