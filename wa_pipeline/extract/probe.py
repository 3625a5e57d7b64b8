"""What a file is: type, size, pixels, length, perceptual hash. Runs in a worker: decoders meet hostile files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from wa_pipeline.extract.identify import identify
from wa_pipeline.extract.images import Unreadable, flatten, load, open_image
from wa_pipeline.extract.results import Limits, Probe

# media.duration_s is numeric(10,3), width and height are int.
_LONGEST = 9_999_999
_MOST = 2**31 - 1


def probe_file(path: Path, name: str | None, limits: Limits) -> Probe:
    """The probe of one file. Never raises for what is in the file; what cannot be read becomes the note."""
    size = path.stat().st_size
    mime, ext = identify(path, name)
    plain = Probe(mime, ext, size)
    if not size:
        return _noted(plain, "the file is empty")
    if size > limits.file_bytes:
        return _noted(plain, f"the file is larger than {limits.file_bytes >> 20} MiB")
    try:
        if mime.startswith("image/") and mime != "image/svg+xml":
            return _image(path, plain, limits)
        if mime.startswith(("audio/", "video/")):
            return _sound_or_video(path, plain)
        if mime == "application/pdf":
            return _pdf(path, plain)
    except Unreadable as error:
        return _noted(plain, str(error))
    return plain


def _noted(probe: Probe, note: str) -> Probe:
    from dataclasses import replace

    return replace(probe, note=note)


def _image(path: Path, plain: Probe, limits: Limits) -> Probe:
    import imagehash

    with open_image(path, pixels=limits.image_pixels) as image:
        width, height = image.size
        # 5 to 8 are the orientations that lie on their side.
        if image.getexif().get(0x0112, 1) in (5, 6, 7, 8):
            width, height = height, width
        try:
            phash, note = str(imagehash.phash(flatten(load(image, about=256)))), None
        except Unreadable as error:
            phash, note = None, str(error)
    return Probe(plain.mime, plain.ext, plain.bytes, width, height, None, phash, note)


def _sound_or_video(path: Path, plain: Probe) -> Probe:
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            picture = next((s for s in container.streams.video if not _is_cover(s)), None)
            mime, ext = _without_picture(plain) if picture is None else (plain.mime, plain.ext)
            width, height, note = _frame_size(container, picture) if picture else (None, None, None)
            duration = _duration(container)
    except (av.FFmpegError, OSError, ValueError) as error:
        kind = "video" if plain.mime.startswith("video/") else "sound"
        raise Unreadable(f"the {kind} cannot be opened ({_clean(error)})") from None
    if duration is None:
        note = note or "its length cannot be told"
    return Probe(mime, ext, plain.bytes, width, height, duration, None, note)


def _is_cover(stream: object) -> bool:
    """Cover art in a sound file is a video stream of one picture."""
    return "attached_pic" in str(getattr(stream, "disposition", "")).lower()


def _without_picture(plain: Probe) -> tuple[str, str]:
    """A video container that holds sound only is a sound file: phones record voice into MP4, 3GP and WebM."""
    mime = {
        "video/mp4": "audio/mp4",
        "video/quicktime": "audio/mp4",
        "video/3gpp": "audio/3gpp",
    }.get(plain.mime, plain.mime.replace("video/", "audio/"))
    return mime, "m4a" if mime == "audio/mp4" else plain.ext


def _frame_size(container: object, stream: object) -> tuple[int | None, int | None, str | None]:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

    assert isinstance(container, InputContainer)
    assert isinstance(stream, VideoStream)
    # PyAV's types do not tell that a stream of unknown coding has no context.
    if getattr(stream, "codec_context", None) is None:
        return None, None, "the video is of a kind that cannot be decoded"
    width, height = stream.codec_context.width, stream.codec_context.height
    note = None
    try:
        frame = next(container.decode(stream), None)
        if frame is None:
            note = "no picture can be decoded"
        elif frame.rotation % 180:
            width, height = height, width
    except (av.FFmpegError, OSError, ValueError) as error:
        note = f"no picture can be decoded ({_clean(error)})"
    if not 0 < width <= _MOST or not 0 < height <= _MOST:
        return None, None, note or "the picture has no size"
    return width, height, note


def _duration(container: object) -> Decimal | None:
    """Seconds as the container says; by walking through the packets where it does not say (streamed WebM, raw AAC)."""
    import av
    from av.container import InputContainer

    assert isinstance(container, InputContainer)
    seconds: Decimal | None = None
    if container.duration is not None and container.duration > 0:
        seconds = Decimal(container.duration) / 1_000_000
    else:
        end = 0.0
        try:
            container.seek(0)
            for packet in container.demux():
                if packet.pts is not None and packet.time_base is not None:
                    end = max(
                        end,
                        float((packet.pts + (packet.duration or 0)) * packet.time_base),
                    )
        except (av.FFmpegError, OSError, ValueError):
            pass
        seconds = Decimal(str(end)) if end > 0 else None
    if seconds is None or seconds > _LONGEST:
        return None
    return seconds.quantize(Decimal("0.001"))


def _pdf(path: Path, plain: Probe) -> Probe:
    from wa_pipeline.extract.documents import open_pdf

    open_pdf(path).close()
    return plain


def _clean(error: BaseException) -> str:
    text = str(getattr(error, "strerror", None) or error)
    return " ".join(text.split())[:120] or type(error).__name__
