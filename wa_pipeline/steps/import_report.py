"""What became of an export."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from wa_pipeline.archive.import_runs import timestamp
from wa_pipeline.steps.prepare import Batch
from wa_pipeline.steps.write_batch import BatchCounts
from wa_pipeline.whatsapp.exports import SYSTEM, ExportMessage

EXAMPLES = 5


@dataclass
class ImportReport:
    """What became of an export; `as_dict` is the object `wa import --json` prints for it.

    `messages` counts every header, system lines included; messages = inserted + duplicates + linked + edited +
    deleted + what was blocked.
    """

    file: str
    export_key: str
    chat: str = ""
    chat_id: str = ""
    messages: int = 0
    inserted: int = 0
    duplicates: int = 0
    linked: int = 0
    edited: int = 0
    deleted: int = 0
    media: int = 0
    system: int = 0
    first_ts: int | None = None
    last_ts: int | None = None
    people: set[str] = field(default_factory=set)
    date_order: str = ""
    tz: str = ""
    seconds: float = 0.0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reason: str, name: str | None = None, count: int = 1) -> None:
        self.skipped[reason] += count
        if name and len(self.examples.setdefault(reason, [])) < EXAMPLES:
            self.examples[reason].append(name)

    def read(self, messages: list[ExportMessage], batch: Batch) -> None:
        """Count what was read, blocked messages included: they are in the file, and said to be left out."""
        self.messages += len(messages)
        for reason, count in batch.blocked.items():
            self.skip(reason, count=count)
        self.people.update({message.sender for message in messages if message.sender})
        self.system += sum(1 for message in messages if message.flags & SYSTEM)
        times = [message.ts for message in messages]
        self.first_ts = min(times if self.first_ts is None else [self.first_ts, *times])
        self.last_ts = max(times if self.last_ts is None else [self.last_ts, *times])

    def written(self, counts: BatchCounts) -> None:
        for name in ("inserted", "duplicates", "linked", "edited", "deleted"):
            setattr(self, name, getattr(self, name) + getattr(counts, name))
        if counts.ambiguous:
            self.skip(
                "changed since an earlier export, several alike in one minute: kept as they are", count=counts.ambiguous
            )

    def as_dict(self) -> dict[str, object]:
        return {
            "file": self.file,
            "export_key": self.export_key,
            "chat": self.chat,
            "chat_id": self.chat_id,
            "messages": self.messages,
            "inserted": self.inserted,
            "duplicates": self.duplicates,
            "linked": self.linked,
            "edited": self.edited,
            "deleted": self.deleted,
            "media": self.media,
            "first_ts": timestamp(self.first_ts),
            "last_ts": timestamp(self.last_ts),
            "senders": len(self.people),
            "system": self.system,
            "date_order": self.date_order,
            "tz": self.tz,
            "seconds": round(self.seconds, 3),
            "skipped": [
                {"reason": reason, "count": count, **({"names": names} if (names := self.examples.get(reason)) else {})}
                for reason, count in self.skipped.items()
            ],
        }
