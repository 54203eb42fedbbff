from __future__ import annotations

import httpx
import pytest
from pydantic import BaseModel
from tests.dashboard.desk_process import DeskProcess

from thebot.dashboard import shapes


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/health", shapes.Health),
        ("/api/symbols", shapes.Symbols),
        ("/api/candles?symbol=BTCUSDT&timeframe=1h", shapes.CandleColumns),
        ("/api/chart?symbol=BTCUSDT&timeframe=1m&limit=100", shapes.ChartColumns),
        ("/api/signals?limit=5", shapes.Signals),
    ],
)
def test_answers_have_the_shape_that_the_document_promises(
    http: httpx.Client, path: str, shape: type[BaseModel]
) -> None:
    answer = http.get(path)
    assert answer.status_code == 200
    shape.model_validate_json(answer.content, strict=False)
    document = http.get("/api/openapi.json").json()
    schema = document["paths"][path.partition("?")[0]]["get"]["responses"]["200"]["content"][
        "application/json"
    ]
    assert schema["schema"]["$ref"].endswith(shape.__name__)


def test_candles_come_in_columns_oldest_first_and_no_more_than_asked_for(http: httpx.Client) -> None:
    found = http.get("/api/candles", params={"symbol": "ETHUSDT", "timeframe": "5m", "limit": 30}).json()
    assert list(found) == ["symbol", "timeframe", "open_time", "open", "high", "low", "close", "volume"]
    assert {len(found[name]) for name in list(found)[2:]} == {30}
    assert found["open_time"] == sorted(found["open_time"])


def test_older_candles_end_before_the_given_time(http: httpx.Client) -> None:
    newest = http.get("/api/candles?symbol=ETHUSDT&timeframe=5m&limit=10").json()["open_time"]
    older = http.get(f"/api/candles?symbol=ETHUSDT&timeframe=5m&limit=10&end={newest[0]}").json()["open_time"]
    assert older[-1] == newest[0] - 300_000


def test_what_is_not_known_yet_is_null(http: httpx.Client) -> None:
    first = http.get("/api/chart?symbol=ETHUSDT&timeframe=5m&limit=1500").json()
    older = http.get(f"/api/chart?symbol=ETHUSDT&timeframe=5m&limit=1500&end={first['open_time'][0]}").json()
    assert older["plots"][0]["lines"][0]["values"][0] is None


def test_an_unknown_symbol_is_answered_with_those_near_it(http: httpx.Client) -> None:
    answer = http.get("/api/candles?symbol=BTCUSD&timeframe=1h")
    assert answer.status_code == 404
    assert answer.json()["error"] == "unknown symbol"
    assert answer.json()["suggestions"][0] == "BTCUSDT"
    assert "Did you mean 'BTCUSDT'" in answer.json()["detail"]


def test_a_symbol_in_small_letters_is_understood(http: httpx.Client) -> None:
    assert http.get("/api/candles?symbol=btcusdt&timeframe=1h").json()["symbol"] == "BTCUSDT"


@pytest.mark.parametrize("timeframe", ["1x", "2h"])  # 2h exists, but this desk does not offer it
def test_an_unknown_timeframe_is_answered_with_those_there_are(http: httpx.Client, timeframe: str) -> None:
    answer = http.get(f"/api/chart?symbol=BTCUSDT&timeframe={timeframe}")
    assert (answer.status_code, answer.json()["error"]) == (422, "unknown timeframe")
    assert "1h" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1501", "limit=many", "limit=-5", "end=-1", "end=1e99", "end=999999999999999999"],
)
def test_a_value_that_cannot_be_is_named(http: httpx.Client, query: str) -> None:
    answer = http.get(f"/api/candles?symbol=BTCUSDT&timeframe=1h&{query}")
    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid"
    assert answer.json()["detail"].startswith(query.partition("=")[0])


def test_an_unknown_path_of_the_api_is_a_404_in_json(http: httpx.Client) -> None:
    for path in ("/api/candels", "/api/", "/api", "/api/health/x"):
        answer = http.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"] == "not found"
    assert "Did you mean /api/candles" in http.get("/api/candels").json()["detail"]


def test_an_unknown_page_is_a_404_too(http: httpx.Client) -> None:
    answer = http.get("/strategy/abc")
    assert (answer.status_code, "/strategy/abc" in answer.text) == (404, True)


def test_the_api_only_reads(http: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = http.request(method, "/api/signals")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET"


def test_an_exchange_that_does_not_answer_is_said_to_be_the_cause(
    http: httpx.Client, desk: DeskProcess
) -> None:
    desk.fail("candles-exchange")
    answer = http.get("/api/candles?symbol=BTCUSDT&timeframe=1h")
    assert (answer.status_code, answer.json()["error"]) == (502, "exchange")
    assert answer.json()["detail"].startswith("The exchange did not answer")


def test_an_error_of_our_own_gives_a_reference_and_keeps_its_reasons_to_the_log(
    http: httpx.Client, desk: DeskProcess
) -> None:
    desk.fail("candles")
    answer = http.get("/api/candles?symbol=BTCUSDT&timeframe=1h")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal")
    assert "reference" in answer.json()["detail"]
    assert "told to fail" not in answer.text


def test_a_request_under_a_strangers_name_is_refused(http: httpx.Client) -> None:
    assert http.get("/api/health", headers={"host": "evil.example"}).status_code == 403
    assert http.get("/", headers={"host": "evil.example"}).status_code == 403
