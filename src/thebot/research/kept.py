"""Where results and trials are kept, as the settings say."""

from __future__ import annotations

from pathlib import Path

from thebot.config import configuration
from thebot.storage.results import Results


def kept_results(data: Path | str | None = None) -> Results:
    """The results of a data folder (None: the platform's), in the database that its settings name."""
    found = configuration(None if data is None else Path(data))
    address = found.settings.database_url
    return Results(found.folder.prepare(), None if address is None else address.get_secret_value())
