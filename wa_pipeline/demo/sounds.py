"""Voice notes and films: sentences spoken by espeak-ng, packed by PyAV as phones do, the same bytes every time."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np
from PIL import Image

VOICES = {"en": "en-us", "de": "de"}
WORDS_PER_MINUTE = 140
BIT_EXACT = {"fflags": "+bitexact"}
ONE_THREAD = {"threads": "1"}


def speak(language: str, sentence: str) -> bytes:
    """The sentence as WAV (22,050 Hz, mono), in a voice of espeak-ng."""
    command = ["espeak-ng", "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE), "-g", "4", "--stdout", sentence]
    return subprocess.run(command, check=True, capture_output=True).stdout


def _sound(wav: bytes, rate: int, layout: str, sample_format: str) -> Iterator[av.AudioFrame]:
    resampler = av.AudioResampler(format=sample_format, layout=layout, rate=rate)
    with av.open(io.BytesIO(_whole(wav)), "r") as source:
        for frame in source.decode(audio=0):
            frame.pts = None
            yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _whole(wav: bytes) -> bytes:
    """espeak-ng writes to a pipe before it knows the length; the header needs the true one."""
    data_at = wav.index(b"data") + 8
    size = len(wav) - data_at
    riff = wav[:4] + (size + data_at - 8).to_bytes(4, "little") + wav[8 : data_at - 4]
    return riff + size.to_bytes(4, "little") + wav[data_at:]


def voice_note(language: str, sentence: str) -> bytes:
    """The sentence as WhatsApp sends voice: Opus in Ogg, 16 kHz speech, mono, about 20 kbit/s."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg", options=BIT_EXACT) as container:
        options = {"application": "voip", **ONE_THREAD}
        stream = container.add_stream("libopus", rate=48_000, options=options)
        stream.layout = "mono"
        stream.bit_rate = 20_000
        for frame in _sound(speak(language, sentence), 48_000, "mono", "s16"):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def film(
    picture: Callable[[float], Image.Image],
    seconds: float,
    *,
    rate: int = 12,
    language: str = "en",
    sentence: str | None = None,
) -> bytes:
    """An MP4 as WhatsApp sends it: H.264 of `picture(0…1)`, with AAC speech, or silent as a GIF becomes."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options=BIT_EXACT) as container:
        frames = round(seconds * rate)
        first = picture(0.0)
        video = container.add_stream("libx264", rate=rate, options={"crf": "30", "preset": "slow", **ONE_THREAD})
        video.width, video.height, video.pix_fmt = first.width, first.height, "yuv420p"
        speech = container.add_stream("aac", rate=22_050, options=ONE_THREAD) if sentence else None
        if speech is not None:
            speech.layout = "mono"
            speech.bit_rate = 48_000
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture(number / frames)), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if speech is not None and sentence is not None:
            for sound in _sound(speak(language, sentence), 22_050, "mono", "fltp"):
                container.mux(speech.encode(sound))
            container.mux(speech.encode(None))
    return out.getvalue()
