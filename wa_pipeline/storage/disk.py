"""What the operating system refuses, in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from wa_pipeline.errors import StoreDiskFull, StoreError


@contextmanager
def plainly(where: str) -> Iterator[None]:
    """Turns an OSError into `StoreDiskFull` or a `StoreError` with its reason; `where` is the folder meant."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreDiskFull(where=where) from None
        raise StoreError(reason=f"{error.strerror} ({error.filename or where})") from None
