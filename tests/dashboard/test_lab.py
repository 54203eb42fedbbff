"""The API of the lab and the results, over a small desk with a data folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.dashboard.desk_process import DeskProcess
from tests.dashboard.research_data import experiment, prepare

END: dict[str, int] = {}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("data")
    END["at"] = prepare(folder)
    with (
        DeskProcess("--symbols", "6", "--data", str(folder)) as process,
        httpx.Client(base_url=process.url, timeout=20) as client,
    ):
        yield client


def submitted(lab: httpx.Client, **changed: Any) -> httpx.Response:
    return lab.post("/api/lab/jobs", json=experiment(END["at"], **changed))


def ended(lab: httpx.Client, **changed: Any) -> dict[str, Any]:
    """The job of such an experiment, once it has ended."""
    answer = submitted(lab, **changed)
    assert answer.status_code == 201, answer.text
    return until_ended(lab, answer.json()["number"])


def until_ended(lab: httpx.Client, number: int) -> dict[str, Any]:
    while True:
        found = {job["number"]: job for job in lab.get("/api/lab/jobs").json()["jobs"]}
        job: dict[str, Any] = found[number]
        if job["ended_at"] is not None:
            return job
        time.sleep(0.05)


@pytest.fixture(scope="module")
def results(lab: httpx.Client) -> list[str]:
    """The ids of two backtests."""
    return [ended(lab, parameters={"fast": fast, "slow": 20})["result"] for fast in (5, 10)]


def test_the_form_knows_every_strategy_with_its_parameters(lab: httpx.Client) -> None:
    offered = lab.get("/api/lab").json()
    crossing = next(each for each in offered["strategies"] if each["name"] == "sma-cross")
    assert {"name": "fast", "default": 20, "kind": "whole"} in crossing["parameters"]
    assert "stop" in {option["name"] for option in offered["options"]}
    assert (offered["kinds"], offered["fee"]) == (["backtest", "sweep", "walkforward"], 0.001)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"symbols": []}, "symbols"),
        ({"symbols": ["BTCUSDX"]}, "Did you mean 'BTCUSDT'"),
        ({"timeframe": "7m"}, "7m"),
        ({"strategy": "sma-crosss"}, "Did you mean 'sma-cross'"),
        ({"strategy": "/tmp/mine.py"}, "no strategy"),
        ({"parameters": {"fast": 30, "slow": 20}}, "must be below"),
        ({"parameters": {"fsat": 5}}, "Did you mean 'fast'"),
        ({"parameters": {"stop": "2 apples"}}, "stop"),
        ({"fee": 0.7}, "fee"),
        ({"cash": 0}, "start with 0"),
        ({"start": 5, "end": 5}, "start"),
        ({"kind": "sweep"}, "vary"),
        ({"kind": "sweep", "vary": {"fast": "1, 2"}}, "one value or several"),
        ({"kind": "guess"}, "kind"),
        ({"hack": 1}, "hack"),
        ({"parameters": {"fast": [1]}}, "parameters"),
        ({"name": "x" * 40_000}, "bytes"),
    ],
)
def test_what_cannot_be_tried_is_said_before_anything_starts(
    lab: httpx.Client, wrong: dict[str, Any], said: str
) -> None:
    before = lab.get("/api/lab/jobs").json()
    answer = submitted(lab, **wrong)
    assert answer.status_code in (404, 422)
    assert said in answer.json()["detail"]
    assert lab.get("/api/lab/jobs").json() == before


def test_a_page_of_a_stranger_cannot_start_anything(lab: httpx.Client) -> None:
    answer = lab.post("/api/lab/jobs", json=experiment(END["at"]), headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_result_has_figures_a_page_and_trades(lab: httpx.Client, results: list[str]) -> None:
    told = lab.get(f"/api/results/{results[0]}").json()
    assert told["parameters"]["fast"] == 5
    assert len(told["curve"]["time"]) <= 1_000
    assert told["told"]["trades"]["value"] == told["trades"] > 0
    page = lab.get(f"/api/results/{results[0]}/page").json()
    assert page["verdict"]["sentence"]
    trades = lab.get(f"/api/results/{results[0]}/trades").json()
    assert len(trades["profit"]) == trades["count"] == told["trades"]
    assert sum(trades["profit"]) == pytest.approx(told["told"]["net_profit"]["value"])


def test_results_are_listed_and_put_side_by_side(lab: httpx.Client, results: list[str]) -> None:
    listed = lab.get("/api/results").json()["results"]
    assert [each["id"] for each in listed if each["id"] in results] == results[::-1]
    assert set(listed[0]["figures"]) >= {"total_return", "sharpe_ratio", "max_drawdown"}
    both = lab.get("/api/results/compare", params={"id": results}).json()
    assert both["comparable"]
    assert [each["id"] for each in both["results"]] == results
    alone = lab.get("/api/results/compare", params={"id": results[:1]})
    assert alone.status_code == 422


def test_a_deleted_result_is_gone_and_a_misspelt_one_is_not_found(lab: httpx.Client) -> None:
    id = ended(lab, parameters={"fast": 7, "slow": 21})["result"]
    assert lab.delete(f"/api/results/{id}").json() == {"deleted": id}
    gone = lab.get(f"/api/results/{id}")
    assert (gone.status_code, gone.json()["error"]) == (404, "unknown result")
    assert lab.get(f"/api/results/{id}/page").status_code == 404


def test_candles_that_cannot_be_had_are_the_job_s_failure(lab: httpx.Client) -> None:
    job = ended(lab, symbols=["ETHUSDT"])
    assert job["state"] == "failed"
    assert "cannot be reached" in job["failure"]["detail"]
    assert lab.delete(f"/api/lab/jobs/{job['number']}").status_code == 200
    assert lab.delete(f"/api/lab/jobs/{job['number']}").status_code == 404


def test_a_job_is_cancelled(lab: httpx.Client) -> None:
    vary = {"fast": "2:200:1", "slow": "201:350:1"}
    number = submitted(lab, kind="sweep", parameters={}, vary=vary).json()["number"]
    lab.post(f"/api/lab/jobs/{number}/cancel")
    assert until_ended(lab, number)["state"] == "cancelled"


def test_each_page_has_an_address_that_can_be_loaded(lab: httpx.Client) -> None:
    for path in ("/lab", "/results", "/results/20260101-000000-abc"):
        answer = lab.get(path)
        assert answer.status_code == 200
        assert "/assets/style_research.css" in answer.text
        assert "content-security-policy" in answer.headers


def test_a_desk_without_a_data_folder_has_no_lab(http: httpx.Client) -> None:
    assert http.get("/api/lab").status_code == 404
    assert http.get("/lab").status_code == 404
    assert '"Lab"' not in http.get("/_dash-layout").text
