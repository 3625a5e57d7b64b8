"""`wa import --dry-run`: what would happen, in the numbers that then happen; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.fixtures import everything, files_under
from tests.commands.shell import wa
from tests.faults.material import write_chat
from wa_pipeline.steps.context import Context

COUNTED = (
    "messages",
    "inserted",
    "duplicates",
    "media",
    "senders",
    "system",
    "first_ts",
    "last_ts",
    "date_order",
    "tz",
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_chat(tmp_path / "WhatsApp Chat with Allotment.zip", messages=300, pictures=3)


def report_of(*arguments: object) -> dict[str, object]:
    ended = wa("import", "--json", "--tz", "Europe/London", *arguments)
    assert ended.code == 0, ended.err
    (report,) = ended.json["exports"]  # type: ignore[misc]
    return {name: report[name] for name in COUNTED}


def test_it_says_what_would_happen_and_writes_nothing(archive: Context, export: Path) -> None:
    before = everything(archive)
    said = report_of("--dry-run", export)
    assert everything(archive) == before
    assert files_under(archive.settings.home / "media") == []
    assert files_under(archive.settings.home / "tmp") == []
    assert report_of(export) == said
    between = everything(archive)
    again = report_of("--dry-run", export)
    assert (again["inserted"], again["duplicates"]) == (0, 300)
    assert everything(archive) == between
