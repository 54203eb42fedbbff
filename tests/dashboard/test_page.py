from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from typing import Any

import httpx
from fastapi import FastAPI
from tests.dashboard.desk_process import DeskProcess
from tests.dashboard.small_desk import SmallDesk

from thebot.dashboard.page import add_page


def call_back(http: httpx.Client, output: str, value: Any) -> dict[str, Any]:
    """What the page's Dash asks when the data of a store changes."""
    name, _, prop = output.partition(".")
    store = {"signals-list": "signals-asked", "facts": "facts-asked"}[name]
    question = {
        "output": output,
        "outputs": {"id": name, "property": prop},
        "inputs": [{"id": store, "property": "data", "value": value}],
        "changedPropIds": [f"{store}.data"],
    }
    answer = http.post("/_dash-update-component", json=question)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["response"][name]
    return found


def test_no_callback_can_hold_up_the_prices() -> None:
    page = add_page(FastAPI(), SmallDesk(3))
    page._setup_server()  # Dash collects its callbacks at the first request
    callbacks = [each["callback"] for each in page.callback_map.values()]
    assert len(callbacks) == 2
    assert all(inspect.iscoroutinefunction(callback) for callback in callbacks)


def test_the_mode_is_in_the_page_from_the_first_byte_of_its_layout(http: httpx.Client) -> None:
    assert '"SANDBOX"' in http.get("/_dash-layout").text


def test_the_page_asks_nobody_else_for_anything(http: httpx.Client) -> None:
    page = http.get("/").text
    scripts = [part.partition('"')[0] for part in page.split('src="')[1:]]
    assert scripts
    assert all(script.startswith("/") and not script.startswith("//") for script in scripts)
    assert "async-graph" not in page


def test_plotly_is_served_from_the_installed_package_and_kept_by_the_browser(http: httpx.Client) -> None:
    path = http.get("/").text.partition('as="script" href="')[2].partition('"')[0]
    answer = http.get(path)
    assert "plotly.js v4" in answer.text[:200]
    assert "immutable" in answer.headers["cache-control"]


def test_signals_are_listed_with_their_reasons_newest_first(http: httpx.Client) -> None:
    listed = json.dumps(call_back(http, "signals-list.children", None))
    assert "RSI(14) 31.2 crossed above 30" in listed
    assert listed.index("ADAUSDT") < listed.index("ETHUSDT")


def test_the_list_can_be_that_of_one_symbol(http: httpx.Client) -> None:
    listed = json.dumps(call_back(http, "signals-list.children", {"number": 1, "symbol": "ETHUSDT"}))
    assert "ETHUSDT" in listed
    assert "ADAUSDT" not in listed
    none = json.dumps(call_back(http, "signals-list.children", {"number": 2, "symbol": "DOTUSDT"}))
    assert "No signal on DOTUSDT yet" in none


def test_a_callback_that_fails_gives_a_card_with_a_reference_and_no_inner_reasons(
    http: httpx.Client, desk: DeskProcess
) -> None:
    desk.fail("signals", "health")
    for output in ("signals-list.children", "facts.children"):
        card = json.dumps(call_back(http, output, {"number": 3}))
        assert "failure" in card
        assert "reference" in card
        assert "Try again" in card
        assert "told to fail" not in card


def test_what_a_tab_sends_to_a_callback_is_checked(http: httpx.Client) -> None:
    for wrong in ({"symbol": "<script>"}, {"symbol": 7}):
        assert "failure" in json.dumps(call_back(http, "signals-list.children", wrong))
    for meaningless in (["x"], "x", 5):
        assert "ETHUSDT" in json.dumps(call_back(http, "signals-list.children", meaningless))


def test_the_state_of_the_platform_is_shown_in_full(http: httpx.Client) -> None:
    shown = json.dumps(call_back(http, "facts.children", {"number": 1}))
    assert "updates per second" in shown
    assert "feed connected" in shown
    assert re.search(r"\d\d:\d\d:\d\d UTC", shown)


def test_the_dashboard_loads_nothing_heavy() -> None:
    heavy = {"numba", "pandas", "polars", "sklearn", "dash_mantine_components"}
    code = "import sys, thebot.dashboard; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(loaded.stdout.split())
