"""The names a chat has had, as its export tells them."""

from __future__ import annotations

from datetime import UTC, datetime

from wa_pipeline.archive import groups
from wa_pipeline.whatsapp.exports import Export, ExportMessage


class Renames:
    """The names a chat has had, gathered from its system lines while they pass."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._times: dict[int, int] = {}
        self._seen = 0
        self._last = 0

    def note(self, messages: list[ExportMessage]) -> None:
        by_seq = {message.seq: message.ts for message in messages} if len(self._export.renames) > self._seen else {}
        for seq, _, _ in self._export.renames[self._seen :]:
            if seq in by_seq:
                self._times[seq] = by_seq[seq]
        self._seen = len(self._times)
        self._last = max(self._last, messages[-1].ts)

    def changes(self, title: str | None) -> list[groups.NameChange]:
        changes = [
            groups.NameChange(datetime.fromtimestamp(self._times[seq], UTC), old, new)
            for seq, old, new in self._export.renames
            if seq in self._times
        ]
        if title:
            changes.append(groups.NameChange(datetime.fromtimestamp(self._last, UTC), None, title))
        return changes
