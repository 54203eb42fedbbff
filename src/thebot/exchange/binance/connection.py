"""One WebSocket connection: from bytes on the wire to calls of the listener, and control messages back.

`receive` is the path from the exchange to the screen: one search for the kind, one typed decode, one call.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from thebot.errors import BadSetting
from thebot.exchange.binance.messages import (
    MICROSECONDS_FROM,
    ControlAnswer,
    Refusal,
    decode_book,
    decode_day,
    decode_kline,
    decode_trade,
    milliseconds,
)
from thebot.exchange.ports import StreamListener
from thebot.resilience import Pace
from thebot.telemetry import Counters

log = structlog.get_logger(__name__)

_AGG_TRADE, _BOOK, _KLINE, _MINI = b"a", b"b", b"k", b"m"  # the first letter after the @ in a stream's name
_TEXT: Final = WSMsgType.TEXT  # looked up once: this is compared with every message
_EVENT: Final = b'{"stream"'
_SHUTDOWN: Final = b'"serverShutdown"'
_NAME_FROM: Final = len(b'{"stream":"')
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what decoding may raise
_SHOWN: Final = 300  # characters of a message that could not be read
_HELD_AT_MOST: Final = 20_000  # messages of a connection that is about to take over
_MESSAGE_AT_MOST: Final = 4 * 1024 * 1024  # bytes
_NAMES_AT_ONCE: Final = 100  # in one control message

_decode_answer = msgspec.json.Decoder(ControlAnswer).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOptions:
    """How one connection is held. Seconds."""

    open_within: float = 10.0
    silence: float = 10.0  # without anything from the exchange: ask whether it is still there ...
    answer_within: float = 10.0  # ... and for how long to wait for that, or for a control message's answer
    controls_per_second: int = 3  # the exchange allows 5, our pings and answers to its own among them

    def __post_init__(self) -> None:
        if not 0 < self.answer_within <= self.silence:
            raise BadSetting(
                f"An answer cannot be waited for for {self.answer_within} s where silence is noticed after "
                f"{self.silence} s: answer_within must be above zero and not above silence."
            )
        if not 1 <= self.controls_per_second <= 3:
            raise BadSetting(
                f"{self.controls_per_second} control messages a second cannot be: the exchange cuts off who "
                "sends more than 5, and two are kept for pings. Choose 1, 2 or 3."
            )


class MalformedMessages:
    """Messages that could not be read: all are counted, the newest kept, so many a minute logged."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters
        self.newest: deque[str] = deque(maxlen=5)
        self._pace = Pace(10, 60.0)

    def note(self, payload: bytes, why: str) -> None:
        count, text = self.counters.count("malformed"), shown(payload)
        self.newest.append(text)
        now = time.monotonic()
        if self._pace.wait(now) == 0:
            self._pace.take(now)
            log.warning("malformed message", why=why, text=text, so_far=count)


class MessageReader:
    """Decodes the messages of a combined stream and hands them to the listener. Needs no network.

    What carries no event of a channel (answers, announcements) goes to `on_other`, which gives False if it
    does not know it either.
    """

    def __init__(
        self, listener: StreamListener, malformed: MalformedMessages, on_other: Callable[[bytes], bool]
    ) -> None:
        self.messages = 0
        self._malformed, self._on_other = malformed, on_other
        self._on_trade, self._on_candle = listener.on_trade, listener.on_candle
        self._on_book, self._on_day = listener.on_book, listener.on_day

    def receive(self, payload: bytes) -> None:
        """One whole message. Whatever is wrong with it is counted and logged, and the stream goes on."""
        self.messages += 1
        try:
            after = payload.find(b"@", _NAME_FROM) + 1
            kind = payload[after : after + 1]
            if kind == _AGG_TRADE:
                trade = decode_trade(payload).data
                if trade.at > MICROSECONDS_FROM:
                    trade.at, trade.sent_at = milliseconds(trade.at), milliseconds(trade.sent_at)
                self._on_trade(trade)
            elif kind == _BOOK:
                self._on_book(decode_book(payload).data)
            elif kind == _KLINE:
                self._kline(payload)
            elif kind == _MINI:
                day = decode_day(payload).data
                day.sent_at = milliseconds(day.sent_at)
                self._on_day(day)
            elif not self._on_other(payload):
                self._malformed.note(payload, "an event of no channel of ours")
        except _UNREADABLE as error:
            if not self._is_answer(payload):
                self._malformed.note(payload, str(error))
        except Exception:
            if self._malformed.counters.count("listener errors") <= 10:
                log.exception("an event could not be handled", text=shown(payload))

    def _kline(self, payload: bytes) -> None:
        event = decode_kline(payload).data
        candle = event.candle
        if candle.open_time > MICROSECONDS_FROM:
            candle.open_time = milliseconds(candle.open_time)
            event.sent_at = milliseconds(event.sent_at)
        if not (candle.low <= candle.open <= candle.high and candle.low <= candle.close <= candle.high):
            self._malformed.note(payload, "its high and low do not hold its open and close")
            return
        self._on_candle(candle, event.sent_at)

    def _is_answer(self, payload: bytes) -> bool:
        """Whether it is the answer to a control message: one that names a stream looks like its event."""
        try:
            return not payload.startswith(_EVENT) and self._on_other(payload)
        except _UNREADABLE:
            return False


class Connection(WSListener):
    """Open one with `Connection.open`. `attention` is set when it is `over` or should be replaced
    (`leaving`: the exchange shuts it down).

    With `held` it keeps what it receives until `release`; so it can take over from an older one without a
    gap and without a message out of order.
    """

    def __init__(
        self,
        listener: StreamListener,
        malformed: MalformedMessages,
        options: LineOptions,
        *,
        held: bool = False,
    ) -> None:
        self.options = options
        self.reader = MessageReader(listener, malformed, self._on_other)
        self.attention = asyncio.Event()
        self.over = False
        self.leaving = False
        self.why = ""
        self.confirmed: set[str] = set()  # names the exchange has said yes to
        self.refused: set[str] = set()
        self.on_confirmed: Callable[[Collection[str]], None] = lambda names: None
        self.on_over: Callable[[], None] = lambda: None
        self._malformed = malformed
        self._held: deque[bytes] = deque(maxlen=_HELD_AT_MOST)
        self._receive = self._hold if held else self.reader.receive
        self._parts: list[bytes] = []  # of a message in fragments
        self._transport: WSTransport | None = None
        self._asked: set[str] = set()
        self._at_once = _NAMES_AT_ONCE
        self._question: _Question | None = None  # one at a time
        self._retired = False
        self._pace = Pace(options.controls_per_second, 1.0)
        self._numbers = 0
        self._wanted: Collection[str] = ()
        self._changed = asyncio.Event()
        self._control: asyncio.Task[None] | None = None

    async def open(self, url: str) -> None:
        """Raises OSError, TimeoutError or picows' WSError where it cannot be opened."""
        try:
            async with asyncio.timeout(self.options.open_within):
                await ws_connect(
                    lambda: self,
                    url,
                    disconnect_on_exception=False,
                    websocket_handshake_timeout=self.options.open_within,
                    enable_auto_ping=True,
                    auto_ping_idle_timeout=self.options.silence,
                    auto_ping_reply_timeout=self.options.answer_within,
                    max_frame_size=_MESSAGE_AT_MOST,
                )
        except BaseException:
            self.retire()
            raise

    # What is listened to.

    def want(self, names: Collection[str]) -> None:
        """Listen to exactly these from as soon as the limits allow."""
        self._wanted = names
        self._changed.set()
        if self._control is None and not self.over:
            self._control = asyncio.create_task(self._keep_asking(), name="stream control")

    def release(self) -> None:
        """Hand over what was held, oldest first, and everything from now on."""
        self._receive = self.reader.receive
        while self._held:
            self.reader.receive(self._held.popleft())

    def retire(self) -> None:
        """Hand over nothing more, and close."""
        self._retired = True
        self._receive = lambda payload: None
        self.on_over = lambda: None
        self.close()

    def close(self) -> None:
        if self._control is not None:
            self._control.cancel()
        if self._transport is not None:
            self._transport.disconnect(graceful=True)

    async def round_trip(self) -> float:
        """Seconds for a ping to the exchange and back. A connection that does not answer is ended."""
        if self._transport is None or self.over:
            raise ConnectionResetError("the connection is gone")
        try:
            async with asyncio.timeout(self.options.answer_within):
                times = await self._transport.measure_roundtrip_time(1)
        except TimeoutError:
            # picows holds its own pings back while ours is under way, so nobody else would notice.
            self._give_up("a ping was not answered")
            raise
        return float(times[0])

    # Called by picows.

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        if self._retired:  # whoever opened it has given up meanwhile
            transport.disconnect(graceful=False)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is _TEXT and frame.fin:
            self._receive(frame.get_payload_as_bytes())
        else:
            self._uncommon(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        closed = transport.close_handshake
        said = closed.recv if closed is not None else None
        self.why = self.why or (f"closed by the exchange ({said.code})" if said is not None else "cut")
        self.over = True
        if self._control is not None:
            self._control.cancel()
        if self._question is not None:
            self._question.timer.cancel()
        self.attention.set()
        self.on_over()

    def _hold(self, payload: bytes) -> None:
        if payload.startswith(_EVENT) and _SHUTDOWN not in payload:
            self._held.append(payload)
        else:
            self.reader.receive(payload)  # an answer: it belongs to this connection, not to the market

    def _uncommon(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if sum(map(len, self._parts)) > _MESSAGE_AT_MOST:
                self._malformed.note(self._parts[0], "larger than any message may be")
                self._parts.clear()
            elif frame.fin:
                whole = b"".join(self._parts)
                self._parts.clear()
                self._receive(whole)
        elif kind is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()

    # Control messages.

    def _on_other(self, payload: bytes) -> bool:
        """An answer to a control message, or the exchange's word that it shuts down."""
        if _SHUTDOWN in payload:
            self.leaving, self.why = True, "the exchange shuts this connection down"
            self.attention.set()
            return True
        if b'"stream"' in payload[:12]:
            return False
        answer, question = _decode_answer(payload), self._question
        if question is None or answer.id != question.number:
            log.warning("control message without a question", text=shown(payload))
            return True
        question.timer.cancel()
        self._question = None
        if answer.refusal is not None:
            self._on_refused(question, answer.refusal)
        elif question.method == "SUBSCRIBE":
            self._at_once = min(_NAMES_AT_ONCE, 2 * self._at_once)
            self.confirmed.update(question.names)
            self.on_confirmed(question.names)
        self._changed.set()
        return True

    def _on_refused(self, question: _Question, refusal: Refusal) -> None:
        """A refusal is for all the names of a question: ask for fewer at once, until the culprit is alone."""
        names = question.names
        log.warning("the exchange refused", method=question.method, names=names[:10], why=refusal.msg)
        if question.method != "SUBSCRIBE":
            return
        if len(names) > 1:
            self._asked.difference_update(names)
            self._at_once = len(names) // 2
        else:
            self._malformed.counters.count("refused subscriptions")
            self.refused.update(names)
            self.on_confirmed(())

    async def _keep_asking(self) -> None:
        """One question at a time: if the network holds some back, they cannot arrive in a burst."""
        loop = asyncio.get_running_loop()
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._question is not None or self._next() is None:
                continue
            await asyncio.sleep(self._pace.wait(loop.time()))
            wish = self._next()  # by now it may be another, or none
            if wish is not None:
                self._pace.take(loop.time())
                self._ask(*wish)

    def _next(self) -> tuple[str, list[str]] | None:
        """What to ask for next: leaving comes before joining, so that there is always room."""
        wanted = set(self._wanted)
        gone = sorted(self._asked - wanted)[:_NAMES_AT_ONCE]
        if gone:
            return "UNSUBSCRIBE", gone
        new = [name for name in self._wanted if name not in self._asked and name not in self.refused]
        return ("SUBSCRIBE", new[: self._at_once]) if new else None

    def _ask(self, method: str, names: list[str]) -> None:
        if self._transport is None:
            return
        if method == "SUBSCRIBE":
            self._asked.update(names)
        else:
            self._asked.difference_update(names)
            self.confirmed.difference_update(names)
        self._numbers += 1
        timer = asyncio.get_running_loop().call_later(
            self.options.answer_within, self._give_up, "a control message was not answered"
        )
        self._question = _Question(self._numbers, method, names, timer)
        message = {"method": method, "params": names, "id": self._numbers}
        self._transport.send(WSMsgType.TEXT, msgspec.json.encode(message))

    def _give_up(self, why: str) -> None:
        self.why = self.why or why
        if self._transport is not None:
            self._transport.disconnect(graceful=False)


@dataclass(frozen=True, slots=True)
class _Question:
    """A control message under way."""

    number: int
    method: str
    names: list[str]
    timer: asyncio.TimerHandle


def shown(payload: bytes) -> str:
    """The beginning of a message, for people."""
    return payload[:_SHOWN].decode("utf-8", "replace")
