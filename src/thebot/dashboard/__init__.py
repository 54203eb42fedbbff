"""The dashboard: one ASGI app with the page (Dash), the API (FastAPI), the stream of prices (WebSocket)."""

from thebot.dashboard.app import create_app
from thebot.dashboard.options import DashboardOptions

__all__ = ["DashboardOptions", "create_app"]
