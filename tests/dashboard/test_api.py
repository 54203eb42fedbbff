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
        (
            "/api/chart?symbol=BTCUSDT&timeframe=1m&limit=9&indicators=obv()&indicators=x()",
            shapes.ChartColumns,
        ),
        ("/api/signals?limit=5", shapes.Signals),
        ("/api/indicators", shapes.Catalogue),
        ("/api/indicators/check?text=rsi(14)", shapes.Checked),
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


def chart_of(http: httpx.Client, *indicators: str, **more: str) -> httpx.Response:
    asked = {"symbol": "SOLUSDT", "timeframe": "15m", "limit": "50", "indicators": list(indicators), **more}
    return http.get("/api/chart", params=asked)


def test_a_chart_has_the_indicators_that_are_asked_for_in_that_order(http: httpx.Client) -> None:
    plots = chart_of(http, "stoch(5, 3, 3)", "sma(volume, period=7)", "supertrend(10, 3)").json()["plots"]
    assert [plot["key"] for plot in plots] == ["stoch(5, 3, 3)", "sma(volume, 7)", "supertrend(10, 3)"]
    assert [[line["overlay"] for line in plot["lines"]] for plot in plots] == [
        [False, False], [False], [True, False]
    ]  # fmt: skip
    assert (plots[1]["name"], plots[1]["inputs"], plots[1]["parameters"]) == (
        "sma",
        ["volume"],
        {"period": 7},
    )
    assert all(len(line["values"]) == 50 for plot in plots for line in plot["lines"])
    assert all(value is not None for value in plots[0]["lines"][0]["values"])


def test_without_a_wish_a_chart_has_the_configurations_and_with_an_empty_one_none(http: httpx.Client) -> None:
    configured = http.get("/api/indicators").json()["configured"]
    plain = http.get("/api/chart?symbol=SOLUSDT&timeframe=15m&limit=5").json()
    assert [plot["key"] for plot in plain["plots"]] == configured
    none = chart_of(http, "").json()
    assert (none["plots"], len(none["close"])) == ([], 50)


def test_an_indicator_that_cannot_be_drawn_is_named_and_the_others_are_drawn(http: httpx.Client) -> None:
    answer = chart_of(http, "rsi(14)", "rsy(14)", "sma(5000)", "ema(9).at('1m')").json()
    assert [plot["key"] for plot in answer["plots"]] == ["rsi(14)"]
    why = {each["text"]: each["why"] for each in answer["refused"]}
    assert "Did you mean 'rsi'" in why["rsy(14)"]
    assert "computed from 1,500 candles" in why["sma(5000)"]
    assert "do not add up" in why["ema(9).at('1m')"]


def test_too_many_indicators_are_refused_in_a_sentence(http: httpx.Client) -> None:
    answer = chart_of(http, *[f"sma({n})" for n in range(1, 14)])
    assert answer.status_code == 422
    assert "12 indicators at most, not 13" in answer.json()["detail"]


def test_the_same_indicator_is_the_same_on_older_candles(http: httpx.Client) -> None:
    newest = chart_of(http, "rsi(14)", "wrong(").json()
    older = chart_of(http, "rsi(14)", end=str(newest["open_time"][-1] + 1)).json()
    ours, theirs = newest["plots"][0]["lines"][0]["values"], older["plots"][0]["lines"][0]["values"]
    assert theirs == pytest.approx(ours, rel=1e-6)


def test_the_catalogue_says_what_a_form_needs_and_is_sent_once(http: httpx.Client) -> None:
    answer = http.get("/api/indicators")
    found = {each["name"]: each for each in answer.json()["indicators"]}
    assert found["rsi"]["group"] == "momentum"
    assert found["rsi"]["summary"]
    period = found["rsi"]["parameters"][0]
    assert (period["default"], period["least"], period["most"]) == (14, 1, 1_500)
    assert period["range"] == "a whole number from 1 to 1,500"
    again = http.get("/api/indicators", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert http.get("/api/indicators", headers={"if-none-match": '"other"'}).status_code == 200
    assert "no-store" not in answer.headers["cache-control"]
    assert http.get("/api/health").headers["cache-control"] == "no-store"


def test_a_text_is_checked_before_it_is_drawn(http: httpx.Client) -> None:
    good = http.get("/api/indicators/check", params={"text": "bbands(width=2.5)"})
    assert good.json() == {"key": "bbands(20, 2.5)", "label": "BBANDS(20, 2.5)"}
    wrong = http.get("/api/indicators/check", params={"text": "macd(fast=30, slow=10)"})
    assert wrong.status_code == 422
    assert "fast is 30 and slow is 10" in wrong.json()["detail"]
    for text in ("rsi(period=0)", "rsi(", "x" * 1_999, "__import__('os')", "rsi(14).__class__"):
        answer = http.get("/api/indicators/check", params={"text": text})
        assert answer.status_code == 422
        assert " " in answer.json()["detail"]
        assert "reference" not in answer.json()["detail"]


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
