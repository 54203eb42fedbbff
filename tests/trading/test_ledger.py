from __future__ import annotations

from decimal import Context, Decimal, localcontext
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import BadSetting
from thebot.trading.counting import EXACT
from thebot.trading.events import OrderFilled
from thebot.trading.ledger import Ledger


def fill(
    side: Literal["buy", "sell"],
    quantity: str,
    price: str,
    *,
    symbol: str = "BTCUSDT",
    fee: str = "0",
    fee_asset: str = "USDT",
    due: str | None = None,
    borrowed: str = "0",
    at: int = 0,
) -> OrderFilled:
    return OrderFilled(
        order_id="1", symbol=symbol, direction=1 if side == "buy" else -1, price=Decimal(price),
        quantity=Decimal(quantity), fee=Decimal(fee), fee_asset=fee_asset, at=at,
        due=None if due is None else Decimal(due), borrowed=Decimal(borrowed),
    )  # fmt: skip


def test_a_purchase_and_its_sale_in_two_parts() -> None:
    ledger = Ledger(Decimal(1000), "USDT")
    assert ledger.apply(fill("buy", "4", "100", fee="0.4", due="99.5", at=7)) is None
    assert ledger.cash == Decimal("599.6")
    assert ledger.equity({"BTCUSDT": Decimal(110)}) == Decimal("1039.6")
    assert ledger.apply(fill("sell", "1", "120", fee="0.12", at=8)) is None
    assert ledger.realised == Decimal("19.78")  # 120 - 0.12 less a quarter of 400.4
    closed = ledger.apply(fill("sell", "3", "90", fee="0.27", due="91", at=9))
    assert closed is not None
    assert (closed.entered_at, closed.left_at, closed.quantity) == (7, 9, 4)
    assert (closed.entry_price, closed.exit_price) == (100, Decimal("97.5"))  # (120 + 3 x 90) / 4
    assert closed.profit == Decimal("-10.79") == ledger.realised  # 390 - 400 - 0.79
    assert closed.fees == Decimal("0.79")
    assert closed.slippage == 5  # 4 x 0.5 and 3 x 1
    assert closed.gain == pytest.approx(-10.79 / 400.4)
    assert ledger.cash == Decimal("989.21")
    assert ledger.positions == {}


def test_a_short_position_locks_its_proceeds_and_as_much_again() -> None:
    ledger = Ledger(Decimal(1000), "USDT")
    ledger.apply(fill("sell", "3", "100"))
    assert (ledger.cash, ledger.free) == (1300, 700)
    ledger.apply(fill("buy", "1", "110", borrowed="0.5"))
    assert ledger.free == Decimal("1189.5") - 400
    closed = ledger.apply(fill("buy", "2", "80"))
    assert closed is not None
    assert closed.profit == Decimal("29.5")  # 300 - 110 - 160 - 0.5
    assert (ledger.free, ledger.borrowed) == (Decimal("1029.5"), Decimal("0.5"))


def test_a_fee_in_another_asset_leaves_the_cash_alone_and_is_kept() -> None:
    ledger = Ledger(Decimal(1000), "USDT")
    ledger.apply(fill("buy", "1", "100", fee="0.001", fee_asset="BNB"))
    ledger.apply(fill("buy", "1", "100", fee="0.1"))
    assert ledger.cash == Decimal("799.9")
    assert ledger.fees == {"BNB": Decimal("0.001"), "USDT": Decimal("0.1")}


def test_a_fill_that_would_turn_a_position_over_is_refused_with_nothing_said_of_it() -> None:
    ledger = Ledger(Decimal(1000), "USDT")
    ledger.apply(fill("buy", "1", "100"))
    with pytest.raises(BadSetting, match="a fill of 2 closes more than the 1 that is held"):
        ledger.apply(fill("sell", "2", "100"))


_numbers = st.decimals("0.00000001", "99999", places=8, allow_nan=False)
_fills = st.lists(
    st.tuples(
        st.sampled_from(["BTCUSDT", "ETHUSDT", "BNBUSDT"]),
        st.sampled_from(["buy", "sell", "all"]),
        _numbers,
        st.floats(0.01, 1e5, allow_nan=False).map(lambda price: Decimal(repr(price))),
        st.decimals("-0.001", "0.01", places=5),
    ),
    max_size=40,
)


@given(_fills)
def test_it_balances_to_the_last_digit_after_any_list_of_fills(
    steps: list[tuple[str, str, Decimal, Decimal, Decimal]],
) -> None:
    ledger, paid, profits = Ledger(Decimal(10_000), "USDT"), Decimal(0), Decimal(0)
    bought: dict[str, Decimal] = {}
    for symbol, what, quantity, price, rate in steps:
        held = bought.get(symbol, Decimal(0))
        direction = (1 if what == "buy" else -1) if what != "all" or not held else (-1 if held > 0 else 1)
        if held and (held > 0) != (direction > 0):
            quantity = abs(held) if what == "all" else min(quantity, abs(held))
        closed = ledger.apply(
            OrderFilled(
                order_id="1",
                symbol=symbol,
                direction=1 if direction > 0 else -1,
                price=price,
                quantity=quantity,
                fee=EXACT.multiply(EXACT.multiply(price, quantity), rate),
                fee_asset="USDT",
                at=0,
            )
        )
        bought[symbol] = held + direction * quantity
        with localcontext(Context(prec=200)):  # the test adds up without rounding, too
            paid += price * quantity * (direction + rate)
            profits += closed.profit if closed else 0
    held_now = {symbol: quantity for symbol, quantity in bought.items() if quantity}
    assert {symbol: each.signed for symbol, each in ledger.positions.items()} == held_now
    with localcontext(Context(prec=200)):
        assert ledger.cash == ledger.start - paid
        invested = -sum((each.basis for each in ledger.positions.values()), Decimal(0))
        assert ledger.cash + invested == ledger.start + ledger.realised
        if not held_now:
            assert ledger.cash == ledger.start + profits == ledger.free == ledger.equity({})
