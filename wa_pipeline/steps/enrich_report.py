"""What a run of one step over the queue did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from wa_pipeline.archive.queue import Step

SLOWEST = 5


@dataclass
class EnrichReport:
    """What was done, and what is left.

    seconds: of the whole run. media_seconds: length of the sound that was heard. slowest: (media id, milliseconds)
    until the run ends, then (file name, milliseconds). confidence: 0..1, one for each file with words.
    """

    step: Step
    done: int = 0
    failed: int = 0
    blocked: int = 0
    pending: int = 0
    seconds: float = 0.0
    media_seconds: float = 0.0
    failed_by_reason: Counter[str] = field(default_factory=Counter)
    confidence: list[float] = field(default_factory=list)
    slowest: list[tuple[str, int]] = field(default_factory=list)

    @property
    def files(self) -> int:
        return self.done + self.failed + self.blocked

    @property
    def files_per_s(self) -> float:
        return self.files / self.seconds if self.seconds else 0.0

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of work for a second of sound; None where there was none."""
        return self.seconds / self.media_seconds if self.media_seconds else None

    def took(self, media_id: UUID, duration_ms: int) -> None:
        self.slowest = sorted([*self.slowest, (str(media_id), duration_ms)], key=lambda item: -item[1])[:SLOWEST]

    def failure(self, reason: str) -> None:
        self.failed += 1
        self.failed_by_reason[reason] += 1

    def so_far(self) -> dict[str, int | float | str]:
        """The counts, for whoever watches."""
        return {"done": self.done, "failed": self.failed, "blocked": self.blocked, "pending": self.pending}
