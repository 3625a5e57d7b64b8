"""How the voice notes beside this file were made: espeak-ng speaks (its voices are synthetic), PyAV packs Ogg Opus."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import av

SENTENCES = {
    "en": ("en-us", "The plumber comes on Wednesday afternoon. Please leave the garden gate open."),
    "de": ("de", "Guten Morgen. Die Katze hat heute Nacht auf dem Balkon geschlafen."),
}


def speak(voice: str, sentence: str, to: Path) -> None:
    """The sentence as a mono voice note of about 16 kbit/s."""
    command = ["espeak-ng", "-v", voice, "-s", "140", "-g", "4", "--stdout", sentence]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    with av.open(io.BytesIO(wav)) as source, av.open(str(to), "w", format="ogg") as target:
        stream = target.add_stream("libopus", rate=48_000, options={"b": "16000"})
        stream.layout = "mono"
        resampler = av.AudioResampler("s16", "mono", 48_000)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                target.mux(stream.encode(piece))
        target.mux(stream.encode(None))


if __name__ == "__main__":
    for language, (voice, sentence) in SENTENCES.items():
        speak(voice, sentence, Path(__file__).parent / f"{language}.opus")
