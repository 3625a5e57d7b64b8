"""Memory that a model gives back is kept for its next use, rather than returned to the kernel."""

from __future__ import annotations

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_TOP_PAD: Final = -2
_MMAP_MAX: Final = -4
"""Parameters of glibc's mallopt(3)."""
_NEVER: Final = (1 << 31) - 1
_AT_A_TIME: Final = 64 << 20


def keep_what_is_freed() -> None:
    """From here on, what this process frees stays with it; elsewhere than on glibc nothing changes.

    Each layer of an encoding takes tens of megabytes for a moment. glibc asks the kernel for such blocks one by one and
    returns them at once, and a third of an encoding's time goes into clearing pages.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _NEVER), (_TOP_PAD, _AT_A_TIME)):
            mallopt(parameter, value)
