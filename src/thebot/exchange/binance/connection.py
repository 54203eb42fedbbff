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

from thebot.exchange.binance.messages import (
    MICROSECONDS_FROM,
    ControlAnswer,
    decode_book,
    decode_day,
    decode_days,
    decode_kline,
    decode_trade,
    milliseconds,
)
from thebot.exchange.ports import StreamListener
from thebot.resilience import Pace
from thebot.telemetry import Counters

log = structlog.get_logger(__name__)

_AGG_TRADE, _KLINE, _BOOK, _MINI, _AT = b"akbm@"  # the first letter after the @ in a stream's name
_NAME_FROM: Final = len(b'{"stream":"')
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
    controls_per_second: int = 3  # the exchange allows 5, our answers to its pings among them


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
            kind = payload[payload.find(b"@", _NAME_FROM) + 1]
            if kind == _AGG_TRADE:
                self._on_trade(decode_trade(payload).data)
            elif kind == _BOOK:
                self._on_book(decode_book(payload).data)
            elif kind == _KLINE:
                self._kline(payload)
            elif kind == _MINI:
                self._on_day(decode_day(payload).data)
            elif not self._on_other(payload):
                for day in decode_days(payload).data:
                    self._on_day(day)
        except (msgspec.MsgspecError, UnicodeDecodeError, IndexError) as error:
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
        self._on_candle(candle, event.sent_at)


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
        self._waiting: dict[int, tuple[str, list[str], asyncio.TimerHandle]] = {}
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
        self._receive = lambda payload: None
        self.on_over = lambda: None
        self.close()

    def close(self) -> None:
        if self._control is not None:
            self._control.cancel()
        if self._transport is not None:
            self._transport.disconnect(graceful=True)

    async def round_trip(self) -> float:
        """Seconds for a ping to the exchange and back."""
        if self._transport is None or self.over:
            raise ConnectionResetError("the connection is gone")
        async with asyncio.timeout(self.options.answer_within):
            times = await self._transport.measure_roundtrip_time(1)
        return float(times[0])

    # Called by picows.

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT and frame.fin:
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
        for _, _, timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
        self.attention.set()
        self.on_over()

    def _hold(self, payload: bytes) -> None:
        if payload.startswith(b'{"stream":"') and not payload.startswith(b'{"stream":"!serverShutdown'):
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
        if b'"serverShutdown"' in payload:
            self.leaving, self.why = True, "the exchange shuts this connection down"
            self.attention.set()
            return True
        if b'"stream"' in payload[:12]:
            return False
        answer = _decode_answer(payload)
        waiting = self._waiting.pop(answer.id, None) if isinstance(answer.id, int) else None
        if waiting is None:
            log.warning("control message without a question", text=shown(payload))
            return True
        method, names, timer = waiting
        timer.cancel()
        if answer.refusal is not None:
            self._malformed.counters.count("refused subscriptions", len(names))
            log.warning("the exchange refused", method=method, names=names[:10], why=answer.refusal.msg)
            self.refused.update(names)
        elif method == "SUBSCRIBE":
            self.confirmed.update(names)
            self.on_confirmed(names)
        return True

    async def _keep_asking(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._changed.wait()
            self._changed.clear()
            while True:
                wanted = set(self._wanted) - self.refused
                gone = sorted(self._asked - wanted)[:_NAMES_AT_ONCE]
                new = [n for n in self._wanted if n not in self._asked and n not in self.refused]
                if not gone and not new:
                    break
                await asyncio.sleep(self._pace.wait(loop.time()))
                self._pace.take(loop.time())
                if gone:
                    self._asked.difference_update(gone)
                    self.confirmed.difference_update(gone)
                    self._ask("UNSUBSCRIBE", gone)
                else:
                    self._asked.update(new[:_NAMES_AT_ONCE])
                    self._ask("SUBSCRIBE", new[:_NAMES_AT_ONCE])

    def _ask(self, method: str, names: list[str]) -> None:
        if self._transport is None:
            return
        self._numbers += 1
        timer = asyncio.get_running_loop().call_later(self.options.answer_within, self._unanswered)
        self._waiting[self._numbers] = (method, names, timer)
        message = {"method": method, "params": names, "id": self._numbers}
        self._transport.send(WSMsgType.TEXT, msgspec.json.encode(message))

    def _unanswered(self) -> None:
        self.why = "a control message was not answered"
        if self._transport is not None:
            self._transport.disconnect(graceful=False)


def shown(payload: bytes) -> str:
    """The beginning of a message, for people."""
    return payload[:_SHOWN].decode("utf-8", "replace")
