"""The lab's worker: what it saves, and how it speaks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.market.series import MONDAY, random_market

from thebot.errors import BadSetting, ExchangeUnreachable
from thebot.live.experiment import PAGE, TRADES, Bench, Experiment, Order, Progress, Told
from thebot.research.experiment import done
from thebot.storage.archive import Archive
from thebot.storage.results import Results, Summary
from thebot.storage.spans import Span

HOUR = 3_600_000
FIRST, LAST = MONDAY, MONDAY + 1_500 * HOUR
Make = Callable[..., Summary]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An archive of 1,500 hours of one market; whoever is asked for more does not answer."""
    candles = random_market(seed=5, length=1_500, timeframe="1h", symbol="BTCUSDT")
    Archive(tmp_path / "candles-sandbox").keep(candles, Span(FIRST, LAST))
    return Bench(data=str(tmp_path), candles=str(tmp_path), exchange="http://127.0.0.1:9")


def experiment(**changed: Any) -> Experiment:
    given: dict[str, Any] = {
        "kind": "backtest", "strategy": "sma-cross", "symbols": ("BTCUSDT",), "timeframe": "1h",
        "start": FIRST + 500 * HOUR, "end": LAST, "parameters": {"fast": 5, "slow": 20},
    }  # fmt: skip
    return Experiment(**(given | changed))


def made(bench: Bench, asked: Experiment, heard: list[Progress] | None = None) -> Summary:
    id = done(Order(bench=bench, experiment=asked), (heard if heard is not None else []).append)
    with Results(Path(bench.data)) as results:
        return results.summary(id)


def file_of(bench: Bench, result: Summary, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(bench.data) / "results" / result.id / name).read_text())
    return found


def test_a_backtest_leaves_its_result_with_all_that_its_page_shows(bench: Bench) -> None:
    result = made(bench, experiment(parameters={"fast": 5, "slow": 20, "stop": "2atr"}, name="mine"))
    assert (result.kind, result.name, result.candles) == ("backtest", "mine", 1_000)
    assert result.parameters == {"fast": 5, "slow": 20, "side": "long", "stop": "2atr"}
    page, trades = file_of(bench, result, PAGE), file_of(bench, result, TRADES)
    assert page["verdict"]["level"] in ("good", "doubtful", "bad")
    assert {"trades-BTCUSDT", "gains", "excursions"} <= {chart["name"] for chart in page["charts"]}
    assert trades["count"] == result.trades == len(trades["profit"])
    assert sum(group["trades"] for group in page["tables"]["reasons"]) == result.trades
    first = {name: column[0] for name, column in trades.items() if name != "count"}
    risk = abs(first["entry_price"] - first["stop"]) * first["quantity"]
    assert first["r"] == pytest.approx(first["profit"] / risk)


def test_how_far_it_is_is_told_in_order(bench: Bench) -> None:
    heard: list[Progress] = []
    made(bench, experiment(), heard)
    told = list(dict.fromkeys(each.doing for each in heard))
    assert told == ["Starting", "Trading on the past", "Holding it against luck", "Saving"]


def test_a_sweep_keeps_the_best_variant_and_counts_all_that_were_tried(bench: Bench) -> None:
    heard: list[Progress] = []
    asked = experiment(kind="sweep", parameters={}, vary={"fast": "3:9:3", "slow": "9, 15, 30"})
    result = made(bench, asked, heard)
    # fast 9 with slow 9 cannot be: that leaves eight of nine
    sweep = result.extra["sweep"]
    assert (sweep["variants"], sweep["impossible"], result.trials) == (8, 1, 8)
    assert result.parameters == {"side": "long", **{name: sweep["best"][name] for name in ("fast", "slow")}}
    assert sweep["best"]["sharpe_ratio"] == pytest.approx(result.figures["sharpe_ratio"])
    assert "surface" in {chart["name"] for chart in file_of(bench, result, PAGE)["charts"]}
    trying = [each for each in heard if each.doing == "Trying variants"]
    assert trying[0].total == 9
    assert made(bench, experiment(parameters={"fast": 4, "slow": 40})).trials == 9  # one more


def test_a_walk_forward_trades_as_many_windows_as_were_asked_for(bench: Bench) -> None:
    asked = experiment(kind="walkforward", parameters={}, vary={"fast": "3, 6", "slow": "12, 24"}, windows=4)
    result = made(bench, asked)
    windows = result.extra["walkforward"]["windows"]
    assert len(windows) == 4
    test = 1_000 // 7  # the training is three times as long as each of the four tests
    assert result.candles == 4 * test
    assert result.trials == 4


def test_what_cannot_be_is_refused_before_anything_is_fetched(bench: Bench) -> None:
    with pytest.raises(BadSetting, match="fast 30 must be below slow 20"):
        made(bench, experiment(parameters={"fast": 30, "slow": 20}))


def test_too_few_candles_to_walk_forward_are_refused(bench: Bench) -> None:
    with pytest.raises(BadSetting, match="1000 candles are too few for 2000 windows"):
        made(bench, experiment(kind="walkforward", parameters={}, vary={"fast": "3, 6"}, windows=2_000))


def test_missing_candles_of_an_exchange_that_does_not_answer_are_an_error(bench: Bench) -> None:
    with pytest.raises(ExchangeUnreachable, match=r"127\.0\.0\.1:9"):
        made(bench, experiment(symbols=("ETHUSDT",)))


def test_the_page_of_a_result_that_came_from_elsewhere_is_made_when_asked_for(bench: Bench) -> None:
    result = made(bench, experiment())
    folder = Path(bench.data) / "results" / result.id
    before = json.loads((folder / PAGE).read_text())
    (folder / PAGE).unlink()
    (folder / TRADES).unlink()
    assert done(Order(bench=bench, page_of=result.id), lambda _: None) == result.id
    assert json.loads((folder / PAGE).read_text()) == before
    assert len(file_of(bench, result, TRADES)["profit"]) == result.trades


def test_the_process_speaks_a_line_of_json_each_and_ends_with_the_result_or_the_reason(bench: Bench) -> None:
    orders = [experiment(), experiment(parameters={"fast": 30, "slow": 20})]
    last = []
    for asked in orders:
        worker = subprocess.Popen(
            [sys.executable, "-m", "thebot.research.experiment"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(msgspec.json.encode(Order(bench=bench, experiment=asked)) + b"\n")
        worker.stdin.flush()
        last.append([msgspec.json.decode(line, type=Told) for line in worker.stdout][-1])
        assert worker.wait(10) == 0
        worker.stdin.close()
    assert last[0].result
    assert last[1].failure is not None
    assert "must be below" in last[1].failure.detail
    assert not last[1].failure.unexpected


def test_the_process_ends_when_whoever_started_it_is_gone(bench: Bench) -> None:
    endless = experiment(kind="sweep", parameters={}, vary={"fast": "2:200:1", "slow": "201:450:1"})
    worker = subprocess.Popen(
        [sys.executable, "-m", "thebot.research.experiment"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(msgspec.json.encode(Order(bench=bench, experiment=endless)) + b"\n")
    worker.stdin.flush()
    assert any(b"Trying" in line for line in worker.stdout)
    worker.stdin.close()
    assert worker.wait(20) == 1
