"""What a worker and its owner say to each other: JSON, because a decoder that a file has taken over must not be
able to hand its owner code, as it could with pickle."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from wa_pipeline.extract.results import Failure, Limits, OcrName, Probe, Text

Job = Literal["probe", "ocr", "asr"]
MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Config:
    """What a worker needs to know to begin. `threads`: for engines that use several."""

    job: Job
    limits: Limits
    languages: str
    model: str | None
    speech_languages: tuple[str, ...]
    threads: int
    temp: str
    ocr: OcrName = "cascade"


@dataclass(frozen=True)
class Item:
    """One file of a batch; `mime` is its name when it is to be probed. `language`: of speech (ISO 639-1), where one is
    expected; for pictures the script (ISO 15924) of their chat."""

    index: int
    path: Path
    mime: str
    language: str | None = None


@dataclass(frozen=True)
class Working:
    """These files are being worked on; a worker silent for longer than `seconds` from here is to be killed."""

    indexes: tuple[int, ...]
    seconds: float


@dataclass(frozen=True)
class Result:
    """The outcome for one file."""

    index: int
    value: Probe | Text | Failure


@dataclass(frozen=True)
class Missing:
    """There is no engine to work with."""

    what: str
    reason: str


@dataclass(frozen=True)
class Finished:
    """The batch is done."""


Reply = Working | Result | Missing | Finished
_VALUES: dict[str, type[Probe | Text | Failure]] = {
    "Probe": Probe,
    "Text": Text,
    "Failure": Failure,
}


def pack_config(config: Config) -> str:
    return json.dumps(asdict(config))


def unpack_config(text: str) -> Config:
    facts = json.loads(text)
    facts["limits"] = Limits(**facts["limits"])
    facts["speech_languages"] = tuple(facts["speech_languages"])
    return Config(**facts)


def pack_batch(items: list[Item]) -> bytes:
    return json.dumps([[item.index, str(item.path), item.mime, item.language] for item in items]).encode()


def unpack_batch(data: bytes) -> list[Item]:
    return [Item(index, Path(path), mime, language) for index, path, mime, language in json.loads(data)]


def pack_reply(reply: Reply) -> bytes:
    if isinstance(reply, Result):
        facts: dict[str, Any] = {
            "index": reply.index,
            "is": type(reply.value).__name__,
            "value": asdict(reply.value),
        }
    else:
        facts = asdict(reply)
    return json.dumps([type(reply).__name__, facts], default=str).encode()


def unpack_reply(data: bytes) -> Reply:
    """`ValueError`, `KeyError` or `TypeError` for what no honest worker says."""
    name, facts = json.loads(data)
    if name == "Working":
        return Working(tuple(map(int, facts["indexes"])), float(facts["seconds"]))
    if name == "Result":
        kind = _VALUES[facts["is"]]
        value = {field.name: facts["value"][field.name] for field in fields(kind)}
        if value.get("duration_s") is not None:
            value["duration_s"] = Decimal(value["duration_s"])
        return Result(int(facts["index"]), kind(**value))
    if name == "Missing":
        return Missing(str(facts["what"]), str(facts["reason"]))
    if name == "Finished":
        return Finished()
    raise ValueError(f"unknown reply {name}")
