"""When what belongs to the data is derived again: soon after a change, and seldom while many come.

To derive takes a core for seconds, of a large graph for minutes, and what was derived is out of
date with the next change. So it waits for a moment of quiet, but not for ever, and the more often
it was done of late, the longer it rests, up to `LONGEST` times as long as it took.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

QUIET = 1.0
"""Seconds without a change that are waited for."""

PATIENCE = 10.0
"""Seconds after which they are waited for no longer."""

LONGEST = 8
"""How many times as long as the last took it rests at most: it works a ninth of the time."""


@dataclass
class Pace:
    """What is known of when it was done. All times are of one clock, in seconds."""

    ended: float = -math.inf
    took: float = 0.0
    in_a_row: int = 0
    """How often it was done without a long pause in between."""

    @property
    def rest(self) -> float:
        """The seconds from the end of one to the beginning of the next."""
        return self.took * min(float(LONGEST), 2.0**self.in_a_row - 1)

    def begin(self, *, outdated: float, changed: float) -> float:
        """Return when to begin, where data was `changed` last, and what there is `outdated` by."""
        quiet = min(changed + QUIET, outdated + PATIENCE)
        return max(quiet, self.ended + self.rest)

    def done(self, begun: float, ended: float) -> None:
        """Hear that it was done."""
        is_in_a_row = begun - self.ended <= LONGEST * self.took + PATIENCE
        self.in_a_row = min(self.in_a_row + 1, LONGEST) if is_in_a_row else 0
        self.ended, self.took = ended, ended - begun
