"""Objects on their way from the store to this disk, several at once, before they are needed."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from wa_pipeline.archive.queue import Claimed
from wa_pipeline.errors import StoreError
from wa_pipeline.storage import MediaStore, key_of

# A store that is not next door takes a tenth of a second for a file, longer than its reading does.
AT_ONCE = 6


class Ahead:
    """Files of the queue being fetched, first asked for, first taken. Close it: what has not begun is then left."""

    def __init__(self, store: MediaStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(AT_ONCE, "fetch")
        self._coming: deque[tuple[Claimed, Path, Future[None]]] = deque()

    def __len__(self) -> int:
        return len(self._coming)

    @property
    def full(self) -> bool:
        return len(self._coming) >= AT_ONCE

    def ask(self, entry: Claimed, path: Path) -> None:
        """Begin to fetch this file to `path`."""
        self._coming.append((entry, path, self._threads.submit(self._store.fetch, key_of(entry.storage_path), path)))

    def take(self) -> tuple[Claimed, Path, StoreError | None]:
        """The next file, once it is here or known not to come; `IndexError` where none was asked for."""
        entry, path, fetched = self._coming.popleft()
        try:
            fetched.result()
        except StoreError as error:
            return entry, path, error
        return entry, path, None

    def close(self) -> None:
        # Who is stopped gives its leases back at once, however long a download may still hang.
        self._threads.shutdown(wait=False, cancel_futures=True)
