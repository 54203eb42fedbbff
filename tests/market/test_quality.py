from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.market.series import of_closes

from thebot.market import Candles
from thebot.market.parquet import read_candles
from thebot.market.quality import check, findings, moment


def without(market: Candles, *rows: int) -> Candles:
    return market.rows(np.array([i for i in range(len(market)) if i not in rows]))


def test_a_hole_is_a_finding_that_says_what_is_missing() -> None:
    market = without(of_closes(list(range(1, 11))), 4, 5)
    (found,) = findings(market)
    assert (found.kind, found.count) == ("gap", 2)
    assert str(found) == "2 candles are missing, from 2024-01-01 04:00 UTC until 2024-01-01 06:00 UTC"


def test_a_hole_of_a_day_is_a_halt() -> None:
    market = of_closes(list(range(1, 51)))
    assert [f.kind for f in findings(without(market, *range(5, 28)))] == ["gap"]  # 23 hours
    assert [f.kind for f in findings(without(market, *range(5, 29)))] == ["halt"]  # 24 hours
    assert [f.kind for f in findings(without(of_closes([1, 2, 3], timeframe="1d"), 1))] == ["halt"]


def test_months_of_different_length_are_no_holes() -> None:
    times = np.array([1_704_067_200_000, 1_706_745_600_000, 1_709_251_200_000])  # Jan, Feb, Mar 2024
    market = of_closes([1, 2, 3], timeframe="1M")._with({"open_time": times})
    assert findings(market) == []
    assert [f.count for f in findings(without(market, 1))] == [1]


def test_a_long_quiet_is_a_finding_and_a_short_one_is_not() -> None:
    market = of_closes([5.0] * 40)
    volume = np.ones(40)
    volume[3:12] = 0  # nine
    volume[20:30] = 0  # ten
    (found,) = findings(market._with({"volume": volume}))
    assert (found.kind, found.count, found.start) == ("no volume", 10, int(market.open_time[20]))


def test_candles_off_the_border_are_a_finding() -> None:
    market = of_closes([1, 2, 3])
    (found,) = findings(market._with({"open_time": market.open_time + np.array([0, 60_000, 0])}))
    assert (found.kind, found.count) == ("misaligned", 1)


def test_nothing_is_found_in_nothing() -> None:
    assert findings(of_closes([])) == []
    assert len(check(of_closes([]))) == 0


def test_every_real_file_passes_and_its_holes_are_those_of_its_list(shared: Path) -> None:
    missing = {}
    for path in sorted((shared / "data" / "spot").glob("*-1h.parquet")):
        market = read_candles(path)
        missing[market.symbol] = sum(f.count for f in findings(market) if f.kind in ("gap", "halt"))
    assert missing.pop("LUNAUSDT") == 449
    assert missing.pop("USTUSDT") == 0
    assert set(missing.values()) == {12}


def test_the_end_of_luna_is_a_halt(shared: Path) -> None:
    market = read_candles(shared / "data" / "spot" / "LUNAUSDT-1h.parquet")
    (halt,) = [f for f in findings(market) if f.kind == "halt"]
    assert (moment(halt.start), moment(halt.end)) == ("2022-05-13 01:00 UTC", "2022-05-31 06:00 UTC")
    assert halt.count == 437
    assert "do not belong together" in str(halt)


def test_ten_days_of_a_poor_source_have_their_538_holes(shared: Path) -> None:
    market = read_candles(shared / "data" / "dirty" / "UNITTESTBTC-1m.parquet")
    holes = [f for f in findings(market) if f.kind in ("gap", "halt")]
    assert (len(holes), sum(f.count for f in holes)) == (538, 717)


def test_an_outage_that_was_filled_with_flat_candles_is_seen(shared: Path) -> None:
    market = read_candles(shared / "data" / "um" / "ETHUSDT-1m.parquet")
    found = findings(market)
    assert {f.kind for f in found} == {"no volume"}
    assert sum(f.count for f in found) <= 64
    assert found[-1].start >= 1_653_750_000_000  # 2022-05-28


@pytest.mark.parametrize("at", [-1, 10**16])
def test_a_time_that_no_calendar_holds_is_shown_as_a_number(at: int) -> None:
    assert moment(at) == f"{at} ms"
