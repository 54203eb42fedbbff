"""A local order book, kept as the exchange's documents say, is the exchange's book at every moment."""

from __future__ import annotations

from typing import Any

import pytest
from tests.exchange.sandbox.market_of import Hall, simulated

from thebot.exchange.sandbox import book


class LocalBook:
    """Kept by the documented recipe: a snapshot, then every difference that follows on it."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.update = snapshot["lastUpdateId"]
        self.bids, self.asks = dict(snapshot["bids"]), dict(snapshot["asks"])
        self._first = True

    def apply(self, event: dict[str, Any]) -> None:
        if event["u"] <= self.update:
            return
        assert event["U"] <= self.update + 1, "there is a gap: a client would have to begin anew"
        assert self._first or event["U"] == self.update + 1
        self._first, self.update = False, event["u"]
        for side, changes in ((self.bids, event["b"]), (self.asks, event["a"])):
            for price, quantity in changes:
                if float(quantity):
                    side[price] = quantity
                else:
                    side.pop(price, None)

    def sides(self) -> tuple[list[Any], list[Any]]:
        bids = sorted(self.bids.items(), key=lambda level: -float(level[0]))
        return bids, sorted(self.asks.items(), key=lambda level: float(level[0]))


def snapshot(hall: Hall, limit: int = 5000) -> dict[str, Any]:
    taken: dict[str, Any] = hall.ask("depth", symbol="BTCUSDT", limit=limit)
    return {
        "lastUpdateId": taken["lastUpdateId"],
        "bids": [tuple(level) for level in taken["bids"]],
        "asks": [tuple(level) for level in taken["asks"]],
    }


@pytest.mark.parametrize("pace", ["depth", "depth@100ms"])
def test_snapshots_taken_between_two_events_stay_true_under_the_differences(pace: str) -> None:
    hall = simulated("BTCUSDT", rate=20)
    ear = hall.listen([f"btcusdt@{pace}"])
    copies: list[LocalBook] = []
    agreed = 0
    for _ in range(60):
        hall.run(340)
        events = ear.of(f"btcusdt@{pace}")
        ear.heard.clear()
        for event in events:
            for copy in copies:
                copy.apply(event)
        now = snapshot(hall)
        for copy in copies:
            if copy.update == now["lastUpdateId"]:
                assert copy.sides() == (now["bids"], now["asks"])
                agreed += 1
        copies.append(LocalBook(now))
    assert agreed > 100


def test_a_shallow_copy_is_never_crossed() -> None:
    hall = simulated("BTCUSDT", rate=20)
    ear = hall.listen(["btcusdt@depth@100ms"])
    hall.run(170)
    copy = LocalBook(snapshot(hall, limit=10))
    for _ in range(100):
        hall.run(100)
        for event in ear.of("btcusdt@depth@100ms"):
            copy.apply(event)
        ear.heard.clear()
        bids, asks = copy.sides()
        assert float(bids[0][0]) < float(asks[0][0])


@pytest.mark.parametrize(("price", "bought"), [(1, 1), (2, 0), (50, 1), (9_650_000, 0)])
def test_a_book_is_in_order_and_never_crossed_even_at_a_price_of_few_ticks(price: int, bought: int) -> None:
    bids, asks = book.book(book.Last(77, price, bought, 100))
    assert (bids[:, 0] > 0).all()
    assert (bids[1:, 0] < bids[:-1, 0]).all()
    assert (asks[1:, 0] > asks[:-1, 0]).all()
    assert bids[0, 0] < asks[0, 0]
    assert (bids[:, 1] > 0).all()
    assert (asks[:, 1] > 0).all()
