"""How long to wait before trying again."""

from __future__ import annotations

from dataclasses import dataclass

from thebot.errors import BadSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits that grow with each failed attempt and are spread by chance.

    Spreading matters: a hundred clients cut at the same instant must not come back at the same instant.
    Half of each wait is fixed (so that it does grow) and half is chance.
    """

    first: float = 0.5  # seconds, before the second attempt
    factor: float = 2.0
    longest: float = 30.0  # seconds

    def __post_init__(self) -> None:
        if not (0 < self.first <= self.longest and self.factor >= 1):
            raise BadSetting(
                f"A backoff from {self.first} s to {self.longest} s by a factor of {self.factor} cannot be: "
                "it must begin above zero, end no earlier and not shrink."
            )

    def delay(self, failures: int, chance: float) -> float:
        """Seconds to wait after `failures` failed attempts (1, 2, ...); `chance` is uniform in [0, 1).

        >>> [Backoff(first=1, longest=5).delay(n, 0.5) for n in (1, 2, 3, 4)]
        [0.75, 1.5, 3.0, 3.75]
        """
        steps = min(max(failures, 1) - 1, 64)  # beyond that any factor has reached the longest
        whole: float = min(self.longest, self.first * self.factor**steps)
        return whole * (1.0 + chance) / 2.0
