"""Questions to Binance over HTTP: within its limits, patient with its troubles, clear about its refusals."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import aiohttp
import msgspec
import structlog

from thebot.errors import ExchangeUnreachable, MalformedMessage, RateLimited, RequestRefused
from thebot.exchange.binance.addresses import Addresses
from thebot.exchange.binance.convert import retry_after
from thebot.exchange.binance.messages import ExchangeInfo, Refusal, TimeAnswer, milliseconds
from thebot.exchange.clock import ExchangeClock
from thebot.resilience import Backoff, WeightBudget
from thebot.telemetry import Counters

log = structlog.get_logger(__name__)

T = TypeVar("T")

_USED: Final = "X-MBX-USED-WEIGHT-"
_LETTERS: Final = {"S": 1_000, "M": 60_000, "H": 3_600_000, "D": 86_400_000}  # ms
_SHOWN: Final = 300  # characters of a text that could not be read
_TROUBLES: Final = (-1000, -1001, -1006, -1007, -1008, -1016)  # of the exchange's own, whatever the status
_BACKOFF: Final = Backoff(first=0.25, longest=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOptions:
    timeout: float = 10.0  # seconds for one answer
    attempts: int = 5  # of one question, when the exchange is in trouble
    patience: float = 60.0  # seconds that a question waits while the exchange refuses everything
    backoff: Backoff = _BACKOFF


class RestClient:
    """GET with the exchange's manners. `notices` says what the user should know of its route.

    Answers that name the exchange's time correct `clock`.
    """

    def __init__(
        self,
        addresses: Addresses,
        clock: ExchangeClock,
        options: RestOptions | None = None,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.addresses, self.clock = addresses, clock
        self.options = options or RestOptions()
        self.budget = WeightBudget()
        self.counters = Counters()
        self.notices: list[str] = []
        self._chance = chance
        self._base = addresses.rest
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self, path: str, into: type[T], *, weight: int, parameters: Mapping[str, str | int] | None = None
    ) -> T:
        """The typed answer to `path`; `weight` is what the exchange's documents say that it costs.

        Raises ExchangeUnreachable (no answer, or only troubled ones), RequestRefused, RateLimited (when
        the wait would be longer than our patience) or MalformedMessage.
        """
        failures = limited_times = 0
        while True:
            await self._room_for(weight)
            try:
                return await self._ask(path, into, weight, parameters or {})
            except _Moved:
                continue
            except _Limited as limited:
                limited_times += 1
                if limited.seconds > self.options.patience or limited_times >= self.options.attempts:
                    raise self._rate_limited(limited.seconds) from None
            except (_Trouble, TimeoutError, aiohttp.ClientError, OSError) as error:
                failures += 1
                self.counters.count("rest failures")
                if failures >= self.options.attempts:
                    raise self._unreachable(error) from error
                await asyncio.sleep(self.options.backoff.delay(failures, self._chance()))

    def malformed(self, path: str, text: bytes, why: str) -> str:
        """Count and log what cannot be read; gives its beginning, for people."""
        shown = text[:_SHOWN].decode("utf-8", "replace")
        count = self.counters.count("malformed")
        log.warning("malformed answer", path=path, why=why, text=shown, so_far=count)
        return shown

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def health(self) -> dict[str, Any]:
        now = _wall()
        return {
            "address": self._base,
            "weight_used": self.budget.used(60_000, now),
            "closed_for": round(self.budget.closed_for(now) / 1000, 1),
            **self.counters.as_dict(),
        }

    async def _ask(self, path: str, into: type[T], weight: int, parameters: Mapping[str, str | int]) -> T:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=16, ttl_dns_cache=60),
                timeout=aiohttp.ClientTimeout(total=self.options.timeout),
                headers={"Accept": "application/json"},
            )
        base = self._base
        self.counters.count("rest requests")
        asked_at, sent = _wall(), time.monotonic()
        self.budget.sent(weight, asked_at)
        async with self._session.get(base + path, params=dict(parameters), allow_redirects=False) as answer:
            received = time.monotonic()  # the body of a long answer takes its time
            self._read_headers(answer.headers, asked_at)
            body = await answer.read()
            if answer.status == 200:
                typed = self._decode(body, into, path)
                if isinstance(typed, TimeAnswer | ExchangeInfo):
                    self.clock.answered(milliseconds(typed.server_time), sent, received)
                return typed
            raise self._error(answer.status, answer.headers, body, path, base)

    async def _room_for(self, weight: int) -> None:
        while (wait := self.budget.wait(weight, _wall())) > 0:
            seconds = wait / 1000
            if self.budget.closed_for(_wall()) / 1000 > self.options.patience:
                raise self._rate_limited(seconds)
            self.counters.count("rest waits")
            await asyncio.sleep(seconds + 0.05 * self._chance())

    def _read_headers(self, headers: Mapping[str, str], asked_at: float) -> None:
        now = _wall()
        for name, value in headers.items():
            upper = name.upper()
            if upper.startswith(_USED) and value.isdigit():
                span = upper.removeprefix(_USED)  # "1M": a number and a letter
                if span[:-1].isdigit() and span[-1] in _LETTERS:
                    self.budget.reported(
                        int(span[:-1]) * _LETTERS[span[-1]], int(value), now, asked_at=asked_at
                    )

    def _decode(self, body: bytes, into: type[T], path: str) -> T:
        try:
            return msgspec.json.decode(body, type=into, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            text = self.malformed(path, body, str(error))
            raise MalformedMessage(
                f"{self.addresses.name} answered {path} with what cannot be read ({error}): {text!r}. If it "
                "stays so, a proxy may be in the way, or the exchange has changed its format.",
                text=text,
            ) from error

    def _error(self, status: int, headers: Mapping[str, str], body: bytes, path: str, base: str) -> Exception:
        if status == 451 and self.addresses.data_rest not in (None, base):
            self._fall_back(base)
            return _Moved()
        if status in (418, 429):
            seconds = retry_after(headers, status)
            self.budget.close(_wall() + seconds * 1000)
            self.counters.count("rate limited")
            log.warning("the exchange limits us", status=status, seconds=seconds)
            return _Limited(seconds)
        if status >= 500:
            return _Trouble(f"HTTP {status}")
        try:
            refusal = msgspec.json.decode(body, type=Refusal)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            refusal = Refusal(0, body[:_SHOWN].decode("utf-8", "replace"))
        if refusal.code in _TROUBLES:
            return _Trouble(f"HTTP {status}, code {refusal.code}")
        what = f"HTTP {status}, code {refusal.code}: {refusal.msg}"
        return RequestRefused(
            f"{self.addresses.name} refused {path} ({what}).{_mend(status, headers)}",
            code=refusal.code,
            status=status,
        )

    def _fall_back(self, refused: str) -> None:
        if self._base == refused and self.addresses.data_rest is not None:
            self._base = self.addresses.data_rest
            self.notices.append(
                f"{refused} refuses requests from here (HTTP 451). Market data comes from "
                f"{self._base} instead; trading is not possible."
            )
            log.warning("fell back to the data-only address", refused=refused, now=self._base)

    def _rate_limited(self, seconds: float) -> RateLimited:
        return RateLimited(
            f"{self.addresses.name} limits requests from this address for another {seconds:.0f} s. "
            "Nothing is sent until then; watch fewer symbols or stop other programs that use the address.",
            retry_after=seconds,
        )

    def _unreachable(self, error: Exception) -> ExchangeUnreachable:
        mend = (
            "See that it still runs."
            if self.addresses.name == "sandbox"
            else ("Check the network and the address, or start with --exchange sandbox, which needs neither.")
        )
        if isinstance(error, _Trouble):
            return ExchangeUnreachable(
                f"{self.addresses.name} at {self._base} is in trouble: it answered {error} to each of "
                f"{self.options.attempts} attempts. Try again later; if it stays so, look at its status page."
            )
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        return ExchangeUnreachable(f"{self.addresses.name} cannot be reached at {self._base} ({why}). {mend}")


class _Moved(Exception):
    """Ask again, at the other address."""


class _Trouble(Exception):
    """Ask again, later."""


class _Limited(Exception):
    """Ask again when the exchange allows it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"limited for {seconds} s")
        self.seconds = seconds


def _wall() -> float:
    """ms of the local clock, which runs like the exchange's windows; being off by some seconds does not
    matter, since the exchange's own count is read from each answer."""
    return time.time() * 1000


def _mend(status: int, headers: Mapping[str, str]) -> str:
    if 300 <= status < 400:
        elsewhere = headers.get("Location", "nowhere")
        return f" It sends us to {elsewhere}: a login page or a proxy is in the way."
    if status == 451:
        return " It does not serve this place; choose --exchange sandbox."
    if status == 403:
        return " Its firewall is in the way: check the network from which you ask."
    return ""
