import io
import json
from collections.abc import Iterator

import pytest
import structlog

from thebot.telemetry import Counters, configure


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def logged(**values: object) -> dict[str, object]:
    out = io.StringIO()
    configure(as_json=True, stream=out)
    structlog.get_logger("t").info("said", **values)
    found: dict[str, object] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize(
    "name", ["api_key", "apiSecret", "X-MBX-APIKEY", "password", "signature", "bot_token"]
)
def test_what_is_named_like_a_secret_is_not_written(name: str) -> None:
    assert "hush" not in json.dumps(logged(**{name: "hush", "nested": {name: "hush"}}))


def test_a_secret_inside_a_text_is_cut_out_and_the_rest_stays() -> None:
    written = json.dumps(
        logged(url="/api/v3/order?symbol=BTCUSDT&signature=c8db56&timestamp=1", text=b'{"apiKey": "hush"}')
    )
    assert "c8db56" not in written
    assert "hush" not in written
    assert "symbol=BTCUSDT" in written
    assert "timestamp=1" in written


def test_lines_below_the_level_are_not_written() -> None:
    out = io.StringIO()
    configure(level="warning", stream=out)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", symbol="BTCUSDT")
    assert "quiet" not in out.getvalue()
    assert "loud" in out.getvalue()
    assert "BTCUSDT" in out.getvalue()


def test_counters_count() -> None:
    counters = Counters()
    counters.count("malformed")
    assert counters.count("malformed", by=2) == 3
    assert counters["never"] == 0
    assert counters.as_dict() == {"malformed": 3}
