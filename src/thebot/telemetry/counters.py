"""How often things happened."""

from __future__ import annotations

from collections import defaultdict


class Counters:
    """Named counts that only rise. Each part has its own and shows them in its health."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)

    def count(self, name: str, by: int = 1) -> int:
        """One more (or `by` more) of `name`; gives the new count."""
        self._counts[name] += by
        return self._counts[name]

    def __getitem__(self, name: str) -> int:
        return self._counts.get(name, 0)

    def as_dict(self) -> dict[str, int]:
        return dict(sorted(self._counts.items()))
