"""The pictures a file holds, one after another: a still one, some of an animation or a video, a long one in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wa_pipeline.extract.images import Unreadable, load, open_image, straightened
from wa_pipeline.extract.results import Limits

if TYPE_CHECKING:
    from av.container import InputContainer
    from PIL import Image

_LOOKED_AT = 12
_KEPT = 4
_ALIKE = 8
_LONG = 2.4
"""Times as tall as wide, from which on a picture is cut into pieces; phones' screens are up to 2.3 times."""
_SEARCH = 0.15


def sheets(path: Path, mime: str, limits: Limits) -> Iterator[Image.Image]:
    """What is to be read of a picture or a video, upright and in grayscale, from top to bottom and first to last.

    `Unreadable` when nothing in the file can be decoded, or it is beyond the limits.
    """
    for frame in _video(path, limits) if mime.startswith("video/") else _still_or_moving(path, limits):
        yield from pieces(frame)


def pieces(gray: Image.Image) -> Iterator[Image.Image]:
    """A picture much taller than wide in pieces of a screen's shape, cut where there is least to cut through.

    Finding lines shrinks a picture to a given side, and one threshold for all of it loses what is dark here and light
    there: both need pieces of a sensible shape.
    """
    import numpy as np

    wide, high = gray.size
    if high <= _LONG * wide:
        yield gray
        return
    rows = np.abs(np.diff(np.asarray(gray, dtype=np.int16), axis=1)).sum(axis=1)
    # The middle of a gap between lines, not the gap between a letter and its dot.
    rows = np.convolve(rows, np.ones(max(3, wide // 40)), "same")
    number = -(-high // (2 * wide))
    top = 0
    for piece in range(1, number + 1):
        below = high
        if piece < number:
            around = piece * high // number
            reach = max(1, int(_SEARCH * high / number))
            below = around - reach + int(np.argmin(rows[around - reach : around + reach]))
        yield gray.crop((0, top, wide, below))
        top = below


def _still_or_moving(path: Path, limits: Limits) -> Iterator[Image.Image]:
    with open_image(path, pixels=limits.image_pixels) as image:
        number = getattr(image, "n_frames", 1) if getattr(image, "is_animated", False) else 1
        if number == 1 or image.format == "MPO":
            yield straightened(load(image, about=1400))
            return
        yield from _different(_frames(image, number, limits))


def _frames(image: Image.Image, number: int, limits: Limits) -> Iterator[Image.Image]:
    """Frames spread evenly; an animation that breaks off gives those before."""
    some = False
    for place in _spread(number):
        try:
            image.seek(place)
            if image.width * image.height > limits.image_pixels:
                return
            frame = straightened(load(image.copy()))
        except (Unreadable, EOFError, OSError, ValueError, SyntaxError):
            if not some:
                raise Unreadable("the animation is broken") from None
            return
        some = True
        yield frame


def _video(path: Path, limits: Limits) -> Iterator[Image.Image]:
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            yield from _different(_looks(container, limits))
    except (av.FFmpegError, OSError, ValueError):
        raise Unreadable("the video cannot be opened") from None


def _looks(container: InputContainer, limits: Limits) -> Iterator[Image.Image]:
    """Frames at places spread over the length, found by way of the keyframe before each."""
    import av

    if not container.streams.video:
        return
    stream = container.streams.video[0]
    # PyAV's types do not tell that a stream of unknown coding has no context.
    if getattr(stream, "codec_context", None) is None:
        raise Unreadable("the video is of a kind that cannot be decoded")
    if stream.codec_context.width * stream.codec_context.height > limits.image_pixels:
        raise Unreadable("the video's pictures are too large")
    stream.thread_type = "SLICE"
    length = container.duration or 0
    number = max(1, min(_LOOKED_AT, round(length / 1_000_000)))
    for place in range(number):
        try:
            if place:
                container.seek(length * place // number)
            frame = next(container.decode(stream), None)
        except (av.FFmpegError, OSError, ValueError):
            # Cut off or broken from here on.
            continue
        if frame is not None:
            picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
            yield straightened(picture.rotate(frame.rotation, expand=True) if frame.rotation else picture)


def _different(frames: Iterator[Image.Image]) -> Iterator[Image.Image]:
    """The first few frames that do not look like one before (perceptual hash)."""
    import imagehash

    seen: list[imagehash.ImageHash] = []
    for frame in frames:
        look = imagehash.phash(frame)
        if all(look - other > _ALIKE for other in seen):
            seen.append(look)
            yield frame
            if len(seen) == _KEPT:
                return


def _spread(number: int) -> list[int]:
    looks = min(number, _LOOKED_AT)
    return [place * number // looks for place in range(looks)]
