"""Fetching history: only what is missing, from REST and from zip files, through all that can go wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.storage.little_exchange import LittleExchange, at, row
from typer.testing import CliRunner

from thebot.cli.fetch import fetch as fetch_command
from thebot.errors import BadSetting, DataError, ExchangeUnreachable, StorageError, UnknownName
from thebot.exchange.binance import BinanceMarketSource
from thebot.exchange.binance.addresses import Addresses
from thebot.market import Candles, Timeframe
from thebot.storage.archive import Archive
from thebot.storage.bulk import BulkFile
from thebot.storage.downloads import BulkFiles
from thebot.storage.history import Fetch, Fetched, Request, SourceName, plan
from thebot.storage.spans import Span
from thebot.storage.workers import ArchiveWorker

M15, H1 = Timeframe("15m"), Timeframe("1h")
NOW = at("2024-04-10T12:34")


@pytest.fixture
def exchange() -> Iterator[LittleExchange]:
    with LittleExchange(now=NOW).running() as exchange:
        yield exchange


@asynccontextmanager
async def fetching(exchange: LittleExchange, folder: Path) -> AsyncIterator[Fetch]:
    async def at_once(seconds: float) -> None:
        exchange.asked["waits"] += 1

    async with ArchiveWorker(folder) as worker, BulkFiles(exchange.url, wait=at_once) as files:
        rest = BinanceMarketSource(Addresses.of_sandbox(exchange.url))
        try:
            yield Fetch(worker, rest=rest, files=files)
        finally:
            await rest.close()


async def fetched(
    exchange: LittleExchange, folder: Path, timeframe: Timeframe, start: str, end: str, **changed: Any
) -> Fetched:
    request = Request(symbol="BTCUSDT", timeframe=timeframe, span=Span(at(start), at(end)), **changed)
    async with fetching(exchange, folder) as fetch:
        return await fetch.run(request, exchange.now)


def is_what_the_exchange_said(found: Candles, start: str, end: str) -> bool:
    """Every candle of the span, each as the exchange tells it."""
    times = list(range(at(start), at(end), found.timeframe.nominal_ms))
    said = [row(time, found.timeframe) for time in times]
    return found.open_time.tolist() == times and all(
        np.array_equal(column, [float(each[i]) for each in said])
        for i, column in enumerate((found.open, found.high, found.low, found.close, found.volume), 1)
    )


async def test_a_long_time_comes_from_the_monthly_files_and_the_rest_from_rest(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    result = await fetched(exchange, tmp_path, M15, "2024-02", "2024-05")
    assert exchange.names(".zip") == ["BTCUSDT-15m-2024-02.zip", "BTCUSDT-15m-2024-03.zip"]
    assert exchange.rest_questions[0][0] == at("2024-04")
    assert result.span == Span(at("2024-02"), at("2024-04-10T12:30"))  # the one in progress is not among them
    found = Archive(tmp_path).read("BTCUSDT", M15)
    assert is_what_the_exchange_said(found, "2024-02", "2024-04-10T12:30")
    assert result.candles == len(found)
    assert result.survey is not None
    assert (result.survey.rows, result.survey.findings) == (len(found), ())


async def test_what_is_there_is_not_asked_for_again(exchange: LittleExchange, tmp_path: Path) -> None:
    await fetched(exchange, tmp_path, H1, "2024-02-10", "2024-02-20")
    exchange.rest_questions.clear()
    result = await fetched(exchange, tmp_path, H1, "2024-02-05", "2024-02-25")
    assert exchange.rest_questions == [
        (at("2024-02-05"), at("2024-02-10")),
        (at("2024-02-20"), at("2024-02-25")),
    ]
    assert result.candles == 10 * 24
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", H1), "2024-02-05", "2024-02-25")
    exchange.rest_questions.clear()
    assert (await fetched(exchange, tmp_path, H1, "2024-02-05", "2024-02-25")).candles == 0
    assert exchange.rest_questions == []


async def test_the_files_alone_serve_by_month_and_by_day_and_say_what_is_not_published(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    exchange.unpublished |= {"BTCUSDT-15m-2024-03.zip", "BTCUSDT-15m-2024-04-09.zip"}
    result = await fetched(exchange, tmp_path, M15, "2024-03-30", "2024-05", source="bulk")
    assert exchange.rest_questions == []
    assert [name[-14:-4] for name in sorted(result.files)] == [
        "2024-03-30", "2024-03-31", *(f"2024-04-0{day}" for day in range(1, 9)),
    ]  # fmt: skip
    assert set(result.unpublished) == exchange.unpublished
    found = Archive(tmp_path).read("BTCUSDT", M15)
    assert is_what_the_exchange_said(found, "2024-03-30", "2024-04-09")


async def test_a_month_whose_file_is_not_published_yet_comes_from_rest(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    exchange.unpublished.add("BTCUSDT-15m-2024-03.zip")
    await fetched(exchange, tmp_path, M15, "2024-03", "2024-04")
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", M15), "2024-03", "2024-04")
    assert exchange.names(".zip") == []


async def test_microseconds_from_2025_on_are_the_same_times(exchange: LittleExchange, tmp_path: Path) -> None:
    exchange.now = at("2025-02-10")
    await fetched(exchange, tmp_path, M15, "2024-12", "2025-02", source="bulk")
    assert exchange.names(".zip") == ["BTCUSDT-15m-2024-12.zip", "BTCUSDT-15m-2025-01.zip"]
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", M15), "2024-12", "2025-02")


async def test_before_a_listing_there_is_nothing_and_that_is_known(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    exchange.listed = at("2024-03-12T08:00")
    result = await fetched(exchange, tmp_path, M15, "2023-11", "2024-04")
    assert result.survey is not None
    assert result.survey.first == exchange.listed
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", M15), "2024-03-12T08:00", "2024-04")
    exchange.asked.clear()
    await fetched(exchange, tmp_path, M15, "2023-11", "2024-04")
    assert not exchange.asked


async def test_a_halt_of_the_exchange_is_a_finding_and_not_asked_for_again(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    exchange.gaps.append((at("2024-03-05T02:00"), at("2024-03-05T06:00")))
    result = await fetched(exchange, tmp_path, M15, "2024-03", "2024-04")
    assert result.survey is not None
    assert [(each.kind, each.start, each.count) for each in result.survey.findings] == [
        ("gap", at("2024-03-05T02:00"), 16)
    ]
    exchange.asked.clear()
    again = await fetched(exchange, tmp_path, M15, "2024-03", "2024-04")
    assert again.survey is not None
    assert again.survey.findings == result.survey.findings
    assert not exchange.asked


@pytest.mark.parametrize("trouble", [500, 503, 429, 0], ids=["error", "busy", "too many", "cut line"])
async def test_trouble_on_the_way_is_tried_again(
    exchange: LittleExchange, tmp_path: Path, trouble: int
) -> None:
    exchange.failures[".zip"] = [trouble] * 3
    await fetched(exchange, tmp_path, M15, "2024-03", "2024-04", source="bulk")
    assert 1 <= exchange.asked["waits"] <= 3  # a line cut while idle is renewed without a wait
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", M15), "2024-03", "2024-04")


async def test_trouble_that_does_not_end_is_told_and_what_is_there_is_kept(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    exchange.failures["2024-03.zip"] = [500] * 100
    with pytest.raises(ExchangeUnreachable, match=r"2024-03\.zip.* could not be had \(HTTP 500\)"):
        await fetched(exchange, tmp_path, M15, "2024-02", "2024-04", source="bulk")
    exchange.failures.clear()
    exchange.asked.clear()
    await fetched(exchange, tmp_path, M15, "2024-02", "2024-04", source="bulk")
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", M15), "2024-02", "2024-04")


async def test_a_file_that_does_not_fit_its_checksum_is_not_taken(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    exchange.damaged.add("BTCUSDT-15m-2024-03.zip")
    with pytest.raises(DataError, match=r"2024-03\.zip was damaged on its way"):
        await fetched(exchange, tmp_path, M15, "2024-03", "2024-04", source="bulk")
    assert Archive(tmp_path).known("BTCUSDT", M15) == []
    result = await fetched(exchange, tmp_path, M15, "2024-03", "2024-04")
    assert result.notices[0].endswith("Taken from REST instead.")
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", M15), "2024-03", "2024-04")


async def test_a_file_that_is_whole_at_the_second_try_is_taken(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    name = "BTCUSDT-15m-2024-03.zip"
    exchange.damaged.add(name)

    def mend(path: str) -> None:
        if exchange.asked[f"/data/spot/monthly/klines/BTCUSDT/15m/{name}.CHECKSUM"] == 2:
            exchange.damaged.clear()

    exchange.on_question = mend
    result = await fetched(exchange, tmp_path, M15, "2024-03", "2024-04", source="bulk")
    assert result.files == [name]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("this,is,no,candle\n", "does not hold candles as documented"),
        ("1709251200000,1,2,0.5,1.5,1,1709252099999,1,1,1,1\n", "empty field|as documented"),
        ("1709251200000,,2,0.5,1.5,1,1709252099999,1,1,1,1,0\n", "empty field"),
        ("1709251200000,1,0.1,0.5,1.5,1,1709252099999,1,1,1,1,0\n", "row 0 .* has a high below"),
        ("1719251200000,1,2,0.5,1.5,1,1709252099999,1,1,1,1,0\n", "row 0 .* lies outside"),
    ],
)
async def test_a_file_that_holds_something_else_is_refused(
    exchange: LittleExchange, tmp_path: Path, text: str, why: str
) -> None:
    exchange.inside["BTCUSDT-15m-2024-03.zip"] = text
    with pytest.raises(DataError, match=why):
        await fetched(exchange, tmp_path, M15, "2024-03", "2024-04", source="bulk")
    assert Archive(tmp_path).known("BTCUSDT", M15) == []


async def test_a_header_and_an_empty_file_are_understood(exchange: LittleExchange, tmp_path: Path) -> None:
    line = ",".join(map(str, row(at("2024-03-01"), M15)))
    exchange.inside["BTCUSDT-15m-2024-03.zip"] = f"open_time,open,high,low,and,so,on,a,b,c,d,e\n{line}\n"
    exchange.inside["BTCUSDT-15m-2024-02.zip"] = ""
    result = await fetched(exchange, tmp_path, M15, "2024-02", "2024-04", source="bulk")
    assert result.candles == 1


async def test_a_reissued_file_is_taken_again_only_when_asked_to_recheck(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    await fetched(exchange, tmp_path, M15, "2024-01", "2024-04", source="bulk")
    exchange.reissued["BTCUSDT-15m-2024-02.zip"] = "9.75"
    assert (await fetched(exchange, tmp_path, M15, "2024-01", "2024-04", source="bulk")).files == []
    again = await fetched(exchange, tmp_path, M15, "2024-01", "2024-04", source="bulk", recheck=True)
    assert again.files == ["BTCUSDT-15m-2024-02.zip"]
    found = Archive(tmp_path).read("BTCUSDT", M15)
    february = found.between(at("2024-02"), at("2024-03"))
    assert set(february.volume.tolist()) == {9.75}
    assert (found.volume == 9.75).sum() == len(february) == 29 * 96
    exchange.asked.clear()
    final = await fetched(exchange, tmp_path, M15, "2024-01", "2024-04", source="bulk", recheck=True)
    assert final.files == []


async def test_cut_off_at_any_question_it_goes_on_from_there(
    exchange: LittleExchange, tmp_path: Path
) -> None:
    async with fetching(exchange, tmp_path) as fetch:
        request = Request(
            symbol="BTCUSDT", timeframe=M15, span=Span(at("2024-01"), at("2024-04")), source="rest"
        )
        task = asyncio.create_task(fetch.run(request, exchange.now))
        loop = asyncio.get_running_loop()

        def cut(path: str) -> None:
            if len(exchange.rest_questions) == 5:
                loop.call_soon_threadsafe(task.cancel)

        exchange.on_question = cut
        with pytest.raises(asyncio.CancelledError):
            await task
    exchange.on_question = lambda path: None
    assert Archive(tmp_path).known("BTCUSDT", M15)[0] == Span(at("2024-01"), at("2024-02"))
    exchange.rest_questions.clear()
    result = await fetched(exchange, tmp_path, M15, "2024-01", "2024-04", source="rest")
    assert result.candles <= 60 * 96
    assert min(start for start, _ in exchange.rest_questions) >= at("2024-02")
    assert is_what_the_exchange_said(Archive(tmp_path).read("BTCUSDT", M15), "2024-01", "2024-04")


@pytest.mark.parametrize(
    ("timeframe", "source", "expected"),
    [
        ("1h", "auto", ["rest 2024-02-10", "rest 2024-03-01", "rest 2024-04-01"]),
        ("15m", "auto", ["rest 2024-02-10", "BTCUSDT-15m-2024-03.zip", "rest 2024-04-01"]),
        ("15m", "rest", ["rest 2024-02-10", "rest 2024-03-01", "rest 2024-04-01"]),
        ("1M", "bulk", ["BTCUSDT-1mo-2024-02.zip", "BTCUSDT-1mo-2024-03.zip", "BTCUSDT-1mo-2024-04-01.zip"]),
    ],
)
def test_auto_takes_whichever_needs_fewer_questions(
    timeframe: str, source: SourceName, expected: list[str]
) -> None:
    wanted = Span(at("2024-02-10"), at("2024-04-02"))
    request = Request(symbol="BTCUSDT", timeframe=Timeframe(timeframe), span=wanted, source=source)
    steps = plan(request, [wanted], NOW)
    from datetime import UTC, datetime

    def said(step: BulkFile | Span) -> str:
        if isinstance(step, BulkFile):
            return step.name
        return f"rest {datetime.fromtimestamp(step.start / 1000, UTC):%Y-%m-%d}"

    assert [said(step) for step in steps] == expected


def command(*arguments: str) -> dict[str, Any]:
    import typer

    single = typer.Typer()
    single.command()(fetch_command)
    result = CliRunner().invoke(single, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_the_command_says_what_it_fetched_and_where_it_lies(exchange: LittleExchange, tmp_path: Path) -> None:
    told = command(
        "btcusdt", "15m", "--start", "2024-02", "--end", "2024-04", "--exchange", exchange.url,
        "--bulk-address", exchange.url, "--data", str(tmp_path),
    )  # fmt: skip
    assert told == {
        "symbol": "BTCUSDT",
        "timeframe": "15m",
        "start": at("2024-02"),
        "end": at("2024-04"),
        "fetched": 60 * 96,
        "candles": 60 * 96,
        "first": at("2024-02"),
        "last": at("2024-03-31T23:45"),
        "files": ["BTCUSDT-15m-2024-02.zip", "BTCUSDT-15m-2024-03.zip"],
        "unpublished": [],
        "notices": [],
        "findings": [],
        "path": str(tmp_path / "candles-sandbox" / "BTCUSDT" / "15m"),
    }


def test_what_is_all_there_needs_no_network(exchange: LittleExchange, tmp_path: Path) -> None:
    asked = ["BTCUSDT", "1h", "--start", "2024-02", "--end", "2024-03", "--data", str(tmp_path)]
    assert command(*asked, "--exchange", exchange.url)["fetched"] == 29 * 24
    exchange.asked.clear()
    assert command(*asked, "--exchange", exchange.url)["candles"] == 29 * 24
    assert not exchange.asked


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (["BTCUSDT", "1x", "--start", "2024"], UnknownName, "timeframe '1x'"),
        (["BTCUSDT", "1h", "--start", "soon"], BadSetting, r"--start soon is no date.*2024-03-31"),
        (["BTCUSDT", "1h", "--start", "2024-03", "--end", "2024-03"], BadSetting, "nothing between"),
        (
            ["BTCUSDT", "1h", "--start", "2024", "--source", "bluk"],
            UnknownName,
            "'bluk'. Did you mean 'bulk'",
        ),
        (["BTCUSDT", "1h", "--start", "2024", "--exchange", "binnance"], UnknownName, "mean 'binance'"),
        (
            ["BTCUSDT", "1h", "--start", "2024", "--exchange", "binance-demo", "--source", "bulk"],
            BadSetting,
            "publishes no zip files",
        ),
    ],
)
def test_a_wrong_request_is_told_before_anything_is_asked(
    tmp_path: Path, arguments: list[str], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        command(*arguments, "--data", str(tmp_path))


def test_an_unknown_symbol_is_told_with_those_near_it(exchange: LittleExchange, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"'BTCUSTD'. Did you mean 'BTCUSDT'"):
        command("BTCUSTD", "1h", "--start", "2024", "--exchange", exchange.url, "--data", str(tmp_path))


def test_ctrl_c_keeps_what_is_there_and_leaves_no_process(exchange: LittleExchange, tmp_path: Path) -> None:
    arguments = ["BTCUSDT", "15m", "--start", "2023-06", "--end", "2024-04", "--source", "rest"]
    code = (
        "import sys, typer\nfrom thebot.cli.fetch import fetch\n"
        "app = typer.Typer()\napp.command()(fetch)\n"
        "if __name__ == '__main__':\n    app(standalone_mode=False)\n"
    )
    (tmp_path / "fetch.py").write_text(code)
    started = [sys.executable, str(tmp_path / "fetch.py"), *arguments]
    process = subprocess.Popen(
        [*started, "--exchange", exchange.url, "--data", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children: list[psutil.Process] = []

    def cut(path: str) -> None:
        if len(exchange.rest_questions) == 8:
            children.extend(psutil.Process(process.pid).children(recursive=True))
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the worker as well

    exchange.on_question = cut
    _, errors = process.communicate(timeout=60)
    assert children
    assert "Stopped. What was fetched is kept; the same command goes on from there." in errors
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    archive = Archive(tmp_path / "candles-sandbox")
    known = archive.known("BTCUSDT", M15)
    assert known[0].start == at("2023-06")
    assert at("2023-07") <= known[0].end < at("2024-04")
    assert is_what_the_exchange_said(archive.read("BTCUSDT", M15, None, at("2023-07")), "2023-06", "2023-07")


def test_an_archive_that_cannot_be_written_is_told(exchange: LittleExchange, tmp_path: Path) -> None:
    (tmp_path / "candles-sandbox").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be written"):
        command("BTCUSDT", "1h", "--start", "2024-03", "--exchange", exchange.url, "--data", str(tmp_path))
