"""The sample archive is small, says what its story says, and reads back to exactly that."""

from __future__ import annotations

import zipfile
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wa_pipeline.demo import DATA, SampleExport, expected, sample_exports
from wa_pipeline.demo.expectations import BLOCKED, clean_name
from wa_pipeline.demo.make import tellings
from wa_pipeline.demo.model import Telling
from wa_pipeline.demo.render import LAYOUTS
from wa_pipeline.whatsapp.exports import ExportMessage, open_export
from wa_pipeline.whatsapp.identity import ExportIds, chat_key

CASES = list(zip(sample_exports(), expected()["exports"], tellings(), strict=True))
NAMES = [telling.file for telling in tellings()]


def parsed(export: SampleExport) -> list[ExportMessage]:
    with open_export(export.path) as chat:
        return [message for batch in chat.messages(ZoneInfo(export.tz)) for message in batch]


def test_the_whole_archive_is_smaller_than_two_megabytes() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 2_000_000


@pytest.mark.parametrize(("export", "says", "telling"), CASES, ids=NAMES)
def test_an_export_parses_to_exactly_what_is_expected(
    export: SampleExport, says: dict[str, Any], telling: Telling
) -> None:
    with open_export(export.path) as chat:
        messages = [message for batch in chat.messages(ZoneInfo(export.tz)) for message in batch]
        assert chat.title == says["chat"]
        assert chat.date_order == says["date_order"]
        assert chat.precision == says["precision"]
        assert [new for _, _, new in chat.renames] == [new for _, new in says["renames"]]
    senders = {message.sender for message in messages if message.sender is not None}
    assert len(messages) == says["messages"]
    assert sum(message.sender is None for message in messages) == says["system"]
    assert sorted(senders) == says["sender_names"]
    assert len(senders) == says["senders"]
    assert datetime.fromtimestamp(messages[0].ts, UTC) == datetime.fromisoformat(says["first_ts"])
    assert datetime.fromtimestamp(messages[-1].ts, UTC) == datetime.fromisoformat(says["last_ts"])
    assert dict(sorted(Counter(message.kind for message in messages).items())) == says["kinds"]
    assert sorted(message.attachment for message in messages if message.attachment) == says["attachments"]
    assert sum(message.sender in BLOCKED for message in messages) == says["blocked"]


@pytest.mark.parametrize(("export", "says", "telling"), CASES, ids=NAMES)
def test_every_line_comes_back_as_it_was_told(export: SampleExport, says: dict[str, Any], telling: Telling) -> None:
    for line, message in zip(telling.lines, parsed(export), strict=True):
        assert datetime.fromtimestamp(message.ts, UTC) == telling.instant(line)
        assert message.kind == line.kind
        if line.who is not None:
            assert message.sender == clean_name(line.who)
        if line.special in ("plain", "edited") and line.shape != "DOC":
            assert message.text == line.text


@pytest.mark.parametrize(("export", "says", "telling"), CASES, ids=NAMES)
def test_the_zip_holds_the_chat_the_story_tells_and_every_file_it_names(
    export: SampleExport, says: dict[str, Any], telling: Telling
) -> None:
    rendered = LAYOUTS[telling.layout].render(telling)
    with zipfile.ZipFile(export.path) as archive:
        assert archive.read(rendered.chat_member).decode() == rendered.text
        assert sorted(archive.namelist()) == sorted([rendered.chat_member, *says["attachments"]])


def test_the_second_export_of_a_chat_adds_only_what_came_after_the_first() -> None:
    (first, says_first, _), (second, says_second, _) = CASES[:2]
    ids = []
    for export, says in ((first, says_first), (second, says_second)):
        assign = ExportIds(chat_key(says["chat"])).assign
        ids.append({assign(message) for message in parsed(export)})
    changed = says_second["edited_since"] + says_second["deleted_since"]
    assert len(ids[0]) == says_first["messages"]
    assert len(ids[1] - ids[0]) == says_second["inserted"] + changed
    assert len(ids[0] & ids[1]) == says_second["seen_before"] - changed


def test_the_numbers_of_the_archive_add_up() -> None:
    archive = expected()["archive"]
    assert archive["messages"] == sum(one["inserted"] for one in expected()["exports"])
    assert archive["messages"] == sum(archive["kinds"].values()) == sum(archive["chats"].values())
    assert archive["media"] == len(archive["media_sha256"])
    assert not set(archive["never_stored"]) & set(archive["media_sha256"])
    assert max(one["messages"] for one in archive["media_sha256"].values()) == 2
