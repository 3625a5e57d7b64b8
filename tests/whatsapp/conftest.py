"""Writing an export down and reading it back."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from wa_pipeline.whatsapp.exports import Export, ExportMessage, open_export

UTC = ZoneInfo("UTC")


@dataclass
class Read:
    """An export that was opened and read to the end."""

    export: Export
    messages: list[ExportMessage]


def read(path: Path, *, zone: ZoneInfo = UTC, date_order: str | None = None) -> Read:
    """Open, read everything, close."""
    with open_export(path, date_order=date_order) as export:
        return Read(export, [message for batch in export.messages(zone) for message in batch])


@pytest.fixture
def parse(tmp_path: Path) -> Callable[..., Read]:
    """parse(text, name="_chat.txt", zone=UTC, date_order=None): the text as a file, read."""

    def write_and_read(
        text: str | bytes, name: str = "_chat.txt", zone: ZoneInfo = UTC, date_order: str | None = None
    ) -> Read:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(path, zone=zone, date_order=date_order)

    return write_and_read


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    """make_zip(members, name="chat.zip"): a zip of name → text or bytes."""

    def make(members: Mapping[str, str | bytes], name: str = "chat.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return make
