"""Where each of Binance's environments is found. Nothing else differs between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from thebot.errors import BadSetting, UnknownName


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Base addresses without a trailing slash. The data-only ones serve where the main ones refuse."""

    name: str
    rest: str
    stream: str
    data_rest: str | None = None
    data_stream: str | None = None

    def __post_init__(self) -> None:
        for address, schemes in (
            (self.rest, ("http://", "https://")),
            (self.data_rest, ("http://", "https://")),
            (self.stream, ("ws://", "wss://")),
            (self.data_stream, ("ws://", "wss://")),
        ):
            if address is not None and not _fits(address, schemes):
                raise BadSetting(
                    f"{address!r} cannot be an address of {self.name}: it must begin with {schemes[0]} or "
                    f"{schemes[1]}, name a host (and a port, if need be) and end without a slash."
                )

    @classmethod
    def of_sandbox(cls, url: str) -> Addresses:
        """A sandbox exchange at `url`, as it says it itself: http://127.0.0.1:8790."""
        base = url.rstrip("/")
        return cls(name="sandbox", rest=base, stream="ws" + base.removeprefix("http"))


def _fits(address: str, schemes: tuple[str, str]) -> bool:
    if not address.startswith(schemes) or address.endswith("/"):
        return False
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna")
        return bool(host) and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:  # a port that is no number, or a host that cannot be one
        return False


ADDRESSES: Final = {
    each.name: each
    for each in (
        Addresses(
            name="binance",
            rest="https://api.binance.com",
            stream="wss://stream.binance.com:9443",
            data_rest="https://data-api.binance.vision",
            data_stream="wss://data-stream.binance.vision",
        ),
        Addresses(
            name="binance-testnet",
            rest="https://testnet.binance.vision",
            stream="wss://stream.testnet.binance.vision",
        ),
        Addresses(
            name="binance-demo",
            rest="https://demo-api.binance.com",
            stream="wss://demo-stream.binance.com",
        ),
    )
}


def addresses(name: str) -> Addresses:
    """The addresses of the environment with this name; raises UnknownName with those that exist."""
    if name == "sandbox":
        raise BadSetting(
            "A sandbox has no fixed address. Name the one that it says when it starts: http://127.0.0.1:8790."
        )
    try:
        return ADDRESSES[name]
    except KeyError:
        raise UnknownName("exchange", name, ADDRESSES) from None
