"""The process that makes small pictures. It reads one request a line and answers each with a line.

A hostile file can do no more than end it: the alarm kills it even inside a decoder, and its memory is capped. It ends
by itself when its owner is gone.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import Final

from wa_pipeline.extract.images import Unreadable, load, open_image

SIDE: Final = 480
SECONDS: Final = 15
PIXELS: Final = 64_000_000
MEMORY_BYTES: Final = 3 << 29
WRITTEN_BYTES: Final = 4 << 20
# Those that Pillow decodes by itself: for others (EPS) it would start a program.
FORMATS: Final = frozenset({"JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "AVIF", "TIFF"})


def main() -> None:
    """Lines of `{"source", "target"}` to lines of `{"reason"}`; null where the picture was made."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN_BYTES, WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    for line in sys.stdin:
        asked = json.loads(line)
        signal.alarm(SECONDS)
        try:
            make(Path(asked["source"]), Path(asked["target"]))
            reason = None
        except Unreadable as error:
            reason = str(error)
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        signal.alarm(0)
        print(json.dumps({"reason": reason}), flush=True)


def make(source: Path, target: Path) -> None:
    """Write the picture, upright and no larger than SIDE each way, as WebP and without metadata.

    `Unreadable` where it is no picture of a known format, or one beyond the caps.
    """
    with open_image(source, pixels=PIXELS) as image:
        if image.format not in FORMATS:
            raise Unreadable(f"{image.format} is no format that small pictures are made of")
        small = load(image, about=SIDE)
        if small.mode not in ("RGB", "RGBA"):
            see_through = small.mode in ("LA", "PA") or "transparency" in small.info
            small = small.convert("RGBA" if see_through else "RGB")
        small.thumbnail((SIDE, SIDE))
    draft = target.with_suffix(f".{os.getpid()}.part")
    try:
        small.save(draft, "WEBP", quality=72, method=2, exif=b"", icc_profile=None)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
