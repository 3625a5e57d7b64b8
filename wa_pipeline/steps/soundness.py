"""The promise that an export is sound to its end, made before the first thing of it is written."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from wa_pipeline.whatsapp.exports import Export, ExportMessage


class Soundness:
    """Reads an export through before its first write, unless it was read to its end by then.

    An export that was imported before mostly has nothing to write until its last batch, and is then read once only.
    """

    def __init__(self, export: Export, zone: ZoneInfo) -> None:
        self._export, self._zone = export, zone
        self._lock = threading.Lock()
        self._sound = False

    def require(self) -> None:
        """Call before writing. Raises the `ExportError` that reading on would end with."""
        with self._lock:
            if not self._sound:
                self._export.check(self._zone)
                self._sound = True

    def messages(self) -> Iterator[list[ExportMessage]]:
        """The export's messages; at their end the file is known to be sound."""
        yield from self._export.messages(self._zone)
        self._sound = True
