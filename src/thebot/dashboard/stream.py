"""`/ws/stream`: prices to every open tab, latest wins; events to every open tab, none lost in silence.

A tab may send `{"chart": {"symbol", "timeframe", "plots"}}` (or null) to get that forming candle with each
frame, and `{"ping": n}` to learn the way's length from `{"type": "pong"}`. Frames are binary (`frames.py`);
status, events and pongs are JSON text.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from thebot.dashboard.frames import candle_part, market_part
from thebot.errors import ThebotError
from thebot.market import Timeframe

if TYPE_CHECKING:
    from thebot.dashboard.options import DashboardOptions
    from thebot.live.desk import Desk, DeskEvent
    from thebot.market import Candle

FELL_BEHIND: Final = 4408  # close codes of our own: read everything anew, then come back
NOT_UNDERSTOOD: Final = 4400
_QUIET: Final = 0.5  # seconds: in a still market a frame this often shows that we live
_STATUS: Final = 1.0  # seconds between two status messages
_LONGEST: Final = 16_384  # characters of a message from a tab
_CLOCK_FROM: Final = 1_000.0

_log: Final = structlog.get_logger(__name__)


class ChartWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which forming candle a tab wants, and the keys of the plots on its chart."""

    symbol: str
    timeframe: str
    plots: tuple[str, ...] = ()


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tab may say."""

    chart: ChartWish | msgspec.UnsetType | None = msgspec.UNSET
    ping: float | msgspec.UnsetType = msgspec.UNSET


_WISH: Final = msgspec.json.Decoder(Wish)


class Tab:
    """One connected browser tab: a slot for the newest frame, a bounded queue for events."""

    def __init__(self, events: int) -> None:
        self.chart: ChartWish | None = None
        self.frame: bytes | None = None
        self.status: bytes | None = None
        self.fell_behind = False
        self.gone = False
        self._events: deque[bytes] = deque()
        self._room = events
        self._wake = asyncio.Event()

    def show(self, frame: bytes) -> None:
        """Puts `frame` in the place of one that was not sent yet."""
        self.frame = frame
        self._wake.set()

    def tell(self, event: bytes) -> None:
        if len(self._events) >= self._room:
            self.fell_behind = True
        else:
            self._events.append(event)
        self._wake.set()

    def follow(self, chart: ChartWish | None) -> None:
        """Frames after this one's answer carry that chart's candle, and none of the chart before."""
        self.chart, self.frame = chart, None
        if chart is not None:
            said = {"type": "following", "symbol": chart.symbol, "timeframe": chart.timeframe}
            self.tell(msgspec.json.encode(said))

    def leave(self) -> None:
        self.gone = True
        self._wake.set()

    async def next(self) -> list[bytes | str]:
        """What is to be sent now, in order: events, status, the newest frame. Waits until there is any."""
        await self._wake.wait()
        self._wake.clear()
        out: list[bytes | str] = [event.decode() for event in self._events]
        self._events.clear()
        if self.status is not None:
            out.append(self.status.decode())
        if self.frame is not None:
            out.append(self.frame)
        self.status = self.frame = None
        return out


class Stream:
    """All open tabs, and the two tasks that feed them: ticks of prices, and events."""

    def __init__(self, desk: Desk, options: DashboardOptions) -> None:
        self._desk, self._options = desk, options
        self._tabs: set[Tab] = set()
        self._seq = 0
        self._updates = -1

    @property
    def tabs(self) -> int:
        return len(self._tabs)

    def announce(self, message: dict[str, Any]) -> None:
        """Tells it to every open tab, once: it has a `type`."""
        told = msgspec.json.encode(message)
        for tab in self._tabs:
            tab.tell(told)

    async def run(self) -> None:
        """Feeds the tabs until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tick_for_ever())
            tasks.create_task(self._pass_on_events())

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from the handshake to the end."""
        await socket.accept()
        tab = Tab(self._options.event_queue)
        self._tabs.add(tab)
        tab.status = self._status()
        tab.show(self._frame(tab, self._market(time.time() * _CLOCK_FROM), {}))
        listening = asyncio.create_task(self._listen(socket, tab))
        try:
            while not tab.gone:
                for message in await tab.next():
                    await (
                        socket.send_bytes(message)
                        if isinstance(message, bytes)
                        else socket.send_text(message)
                    )
                if tab.fell_behind:
                    await socket.close(FELL_BEHIND, "too many events waited; read everything anew")
                    break
        except (WebSocketDisconnect, RuntimeError):  # RuntimeError: closed between two sends
            pass
        finally:
            self._tabs.discard(tab)
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening

    async def _listen(self, socket: WebSocket, tab: Tab) -> None:
        try:
            while True:
                text = await socket.receive_text()
                self._heed(tab, text)
        except (WebSocketDisconnect, KeyError):  # KeyError: binary where text belongs
            pass
        except (msgspec.MsgspecError, ThebotError, ValueError) as error:
            _log.warning("stream.not_understood", reason=str(error))
            if socket.application_state is WebSocketState.CONNECTED:
                with contextlib.suppress(RuntimeError):
                    await socket.close(NOT_UNDERSTOOD, str(error)[:120])
        finally:
            tab.leave()

    def _heed(self, tab: Tab, text: str) -> None:
        if len(text) > _LONGEST:
            raise ValueError(f"a message of {len(text)} characters; at most {_LONGEST} are read")
        wish = _WISH.decode(text)
        if wish.ping is not msgspec.UNSET:
            pong = {"type": "pong", "ping": wish.ping, "server_time": time.time() * _CLOCK_FROM}
            tab.tell(msgspec.json.encode(pong))
        if isinstance(wish.chart, ChartWish):
            Timeframe(wish.chart.timeframe)  # raises, with a suggestion, for one that does not exist
        if wish.chart is not msgspec.UNSET:
            tab.follow(wish.chart)

    async def _tick_for_ever(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        next_frame = next_status = 0.0
        while True:
            due = max(due + self._options.frame_interval, clock())  # a late tick is not made up for
            await asyncio.sleep(due - clock())
            if not self._tabs:
                continue
            now = clock()
            try:
                if now >= next_status:
                    next_status = now + _STATUS
                    status = self._status()
                    for tab in self._tabs:
                        tab.status = status
                if self._desk.board.updates != self._updates or now >= next_frame:
                    next_frame = now + _QUIET
                    self._publish()
            except Exception:
                # One bad tick must not end the stream for good; the page shows what it has as late.
                _log.exception("stream.tick_failed")
                await asyncio.sleep(_QUIET)

    def _publish(self) -> None:
        self._updates = self._desk.board.updates
        market = self._market(time.time() * _CLOCK_FROM)
        encoded: dict[ChartWish | None, bytes] = {}
        for tab in self._tabs:
            tab.show(self._frame(tab, market, encoded))

    def _market(self, now: float) -> bytes:
        self._seq += 1
        return market_part(
            self._desk.board,
            seq=self._seq,
            sent_at=now,
            now=time.monotonic(),
            exchange_time=self._desk.exchange_time(),
        )

    def _frame(self, tab: Tab, market: bytes, encoded: dict[ChartWish | None, bytes]) -> bytes:
        wish = tab.chart
        if wish not in encoded:
            encoded[wish] = market + (self._candle(wish) if wish else b"")
        return encoded[wish]

    def _candle(self, wish: ChartWish) -> bytes:
        if wish.symbol not in self._desk.instruments:
            return b""
        forming = self._desk.forming(wish.symbol, Timeframe(wish.timeframe), wish.plots)
        return candle_part(forming, wish.plots)

    def _status(self) -> bytes:
        try:
            health = self._desk.health()
        except Exception as error:
            _log.exception("stream.health_failed")
            health = {
                "status": "degraded",
                "notice": f"The platform's state cannot be read: {type(error).__name__}.",
            }
        return msgspec.json.encode({"type": "status", **health})

    async def _pass_on_events(self) -> None:
        while True:
            try:
                async for event in self._desk.events():
                    self._tell_all(event)
            except Exception:
                _log.exception("stream.events_failed")
            # The desk ends the events of a reader that fell behind: what was missed is read anew by all.
            for tab in self._tabs:
                tab.tell(b'{"type":"anew"}')
            await asyncio.sleep(_QUIET)

    def _tell_all(self, event: DeskEvent) -> None:
        message: bytes | None = None
        for tab in self._tabs:
            if event.candle is None or _shows(tab, event.candle):
                # Each minute brings a candle of every symbol: only those that a tab shows are encoded.
                message = message or msgspec.json.encode(_plain(event))
                tab.tell(message)


def _shows(tab: Tab, candle: Candle) -> bool:
    wish = tab.chart
    return wish is not None and (wish.symbol, wish.timeframe) == (candle.symbol, candle.timeframe.name)


def _plain(event: DeskEvent) -> dict[str, Any]:
    if event.candle is not None:
        candle = event.candle
        return {
            "type": "candle", "symbol": candle.symbol, "timeframe": candle.timeframe.name,
            "open_time": candle.open_time, "open": candle.open, "high": candle.high, "low": candle.low,
            "close": candle.close, "volume": candle.volume,
        }  # fmt: skip
    if event.signal is not None:
        return {"type": "signal", **event.signal.plain()}
    return {"type": "notice", "text": event.notice}
