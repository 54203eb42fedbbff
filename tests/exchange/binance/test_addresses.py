import pytest

from thebot.errors import BadSetting, UnknownName
from thebot.exchange.binance import ADDRESSES, Addresses, addresses


def test_production_has_a_data_only_address_to_fall_back_to() -> None:
    binance = addresses("binance")
    assert binance.rest == "https://api.binance.com"
    assert binance.data_rest == "https://data-api.binance.vision"
    assert binance.data_stream == "wss://data-stream.binance.vision"


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_environment_is_reached_over_tls(name: str) -> None:
    assert addresses(name).rest.startswith("https://")
    assert addresses(name).stream.startswith("wss://")


def test_a_sandbox_is_found_at_the_address_that_it_says() -> None:
    for url in ("http://127.0.0.1:8790", "http://127.0.0.1:8790/"):
        sandbox = Addresses.of_sandbox(url)
        assert (sandbox.rest, sandbox.stream) == ("http://127.0.0.1:8790", "ws://127.0.0.1:8790")
    assert Addresses.of_sandbox("https://sandbox.example").stream == "wss://sandbox.example"


def test_a_misspelt_environment_gets_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'binance-testnet'"):
        addresses("binance-tesnet")


def test_a_sandbox_by_name_alone_is_told_what_is_missing() -> None:
    with pytest.raises(BadSetting, match="no fixed address"):
        addresses("sandbox")


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8790", "ftp://127.0.0.1", "http://", "http://host:99999", "http://host:port", "http://a..b"],
)
def test_what_cannot_be_an_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(BadSetting, match="cannot be an address"):
        Addresses.of_sandbox(url)
