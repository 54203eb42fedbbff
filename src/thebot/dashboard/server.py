"""The dashboard's uvicorn server, run as one task among the platform's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import uvicorn

from thebot.dashboard.app import create_app

if TYPE_CHECKING:
    from thebot.dashboard.lab import Research
    from thebot.dashboard.options import DashboardOptions
    from thebot.live.desk import Desk


class Server(uvicorn.Server):
    """Leaves signals to whoever runs it, and says when it listens: `ready` is set then."""

    def __init__(self, desk: Desk, options: DashboardOptions, research: Research | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(desk, options, research),
                log_config=None,
                access_log=False,
                ws_per_message_deflate=False,  # frames are small and twenty a second: deflating costs more
                timeout_graceful_shutdown=1,
                server_header=False,
            )
        )
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self) -> None:
        """Stop serving: open pages are told, and get a second to go."""
        self.should_exit = True
