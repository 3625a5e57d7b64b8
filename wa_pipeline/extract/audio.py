"""Sound of a file as 16 kHz mono, window by window, so that ten hours take no more memory than ten minutes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wa_pipeline.extract.images import Unreadable
from wa_pipeline.extract.results import Limits

if TYPE_CHECKING:
    import numpy as np
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000
_SEARCH_SECONDS = 30
_FRAME = RATE // 5
_MOST_ERRORS = 1000


def windows(path: Path, limits: Limits) -> Iterator[tuple[float, Samples]]:
    """(start in seconds, samples) of the file's first sound track; nothing when it has none.

    Windows are at most `limits.audio_window_seconds` long and end where it is quiet. A file that is cut off gives what
    it holds. `Unreadable` when nothing in it can be decoded, or it is longer than `limits.audio_seconds`.
    """
    import numpy as np

    size = int(limits.audio_window_seconds * RATE)
    most = int(limits.audio_seconds * RATE)
    kept: list[Samples] = []
    held = start = 0
    for block in _decoded(path, limits):
        kept.append(block)
        held += len(block)
        if start + held > most:
            raise Unreadable(_too_long(limits))
        while held >= size:
            samples = np.concatenate(kept)
            cut = _quiet_place(samples[:size])
            yield start / RATE, samples[:cut]
            kept, held, start = [samples[cut:]], held - cut, start + cut
    if held:
        yield start / RATE, np.concatenate(kept)


def _decoded(path: Path, limits: Limits) -> Iterator[Samples]:
    import av

    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(f"the sound cannot be opened ({_clean(error)})") from None
    with container:
        if not container.streams.audio:
            return
        # PyAV's types do not tell that a stream of unknown coding has no context.
        if getattr(container.streams.audio[0], "codec_context", None) is None:
            raise Unreadable("the sound is of a kind that cannot be decoded")
        if container.duration and container.duration / 1_000_000 > limits.audio_seconds:
            raise Unreadable(_too_long(limits))
        yield from _resampled(container)


def _resampled(container: InputContainer) -> Iterator[Samples]:
    import av
    import numpy as np

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    some = False
    errors = 0
    try:
        for frame in _frames(container):
            try:
                pieces = resampler.resample(frame)
            except (av.FFmpegError, ValueError):
                # Sample rate or channels changed in mid-stream.
                resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
                pieces = resampler.resample(frame)
            for piece in pieces:
                some = True
                yield piece.to_ndarray().reshape(-1).astype(np.float32) / 32768.0
    except (av.FFmpegError, OSError, ValueError) as error:
        errors += 1
        if not some:
            raise Unreadable(f"the sound cannot be decoded ({_clean(error)})") from None
    if not some:
        raise Unreadable("the sound is empty or broken")


def _frames(container: InputContainer) -> Iterator[AudioFrame | None]:
    """Decoded frames, stepping over packets that are broken; None at the end, which empties the resampler."""
    import av

    stream = container.streams.audio[0]
    errors = 0
    packets = container.demux(stream)
    some = False
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.EOFError):
            break
        except av.FFmpegError:
            # The container ends in the middle: what came before it counts.
            break
        try:
            for frame in packet.decode():
                some = True
                yield frame
        except av.FFmpegError:
            errors += 1
            if errors > _MOST_ERRORS:
                break
    if some:
        yield None


def _quiet_place(samples: Samples) -> int:
    """Where to cut: the middle of the quietest fifth of a second among the last 30 s."""
    import numpy as np

    search = min(_SEARCH_SECONDS * RATE, len(samples) // 2) // _FRAME * _FRAME
    if not search:
        return len(samples)
    tail = samples[len(samples) - search :].reshape(-1, _FRAME)
    energy = np.einsum("ij,ij->i", tail, tail)
    return len(samples) - search + int(np.argmin(energy)) * _FRAME + _FRAME // 2


def _too_long(limits: Limits) -> str:
    return f"the sound is longer than {limits.audio_seconds / 3600:g} hours"


def _clean(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error)[:120]
