"""Every message is there, none twice, whatever is imported, in whatever order and however often."""

from __future__ import annotations

import pytest

from tests.imports.conftest import Importer
from tests.imports.state import checksums, one, texts
from wa_pipeline.errors import SameTitleOtherPeople, TimeZoneShift
from wa_pipeline.steps.context import Context

ANDROID = """\
24/03/2024, 09:14 - Messages and calls are end-to-end encrypted.
24/03/2024, 09:15 - Ann: Good morning, gardeners
24/03/2024, 09:15 - Bob: ok
24/03/2024, 09:15 - Bob: ok
24/03/2024, 09:16 - Cem: The beans are up, all four rows of them
24/03/2024, 10:01 - Ann: Bring the long ladder please
"""


def test_the_same_export_again_adds_nothing(ctx: Context, take_in: Importer) -> None:
    first = take_in(ANDROID)
    before = checksums(ctx)
    again = take_in(ANDROID, name="WhatsApp Chat with Garden (1).zip")
    assert (first.messages, first.inserted) == (6, 6)
    assert (again.inserted, again.duplicates) == (0, 6)
    after = checksums(ctx)
    assert {table for table in before if before[table] != after[table]} <= {"import_runs", "audit_log"}


def test_overlapping_exports_merge_to_the_greatest_count(ctx: Context, take_in: Importer) -> None:
    take_in("".join(ANDROID.splitlines(keepends=True)[:3]))
    later = take_in(ANDROID)
    assert later.inserted == 3
    assert [text for _, text in texts(ctx)].count("ok") == 2


def test_a_minute_precise_and_a_second_precise_export_are_the_same_messages(ctx: Context, take_in: Importer) -> None:
    take_in(ANDROID)
    ios = """\
[24.03.24, 09:15:02] Ann: Good morning, gardeners
[24.03.24, 09:15:31] Bob: ok
[24.03.24, 09:15:44] Bob: ok
[24.03.24, 09:16:20] Cem: The beans are up, all four rows of them
[24.03.24, 10:01:00] Ann: Bring the long ladder please
"""
    report = take_in(ios)
    assert (report.inserted, report.duplicates) == (0, 5)


def test_an_export_read_in_another_zone_is_stopped_not_doubled(ctx: Context, take_in: Importer) -> None:
    take_in(ANDROID, tz="Europe/Berlin")
    before = checksums(ctx)
    with pytest.raises(TimeZoneShift, match=r"Garden.*1 h apart.*--tz Europe/London"):
        take_in(ANDROID, tz="Europe/London", name="WhatsApp Chat with Garden (2).zip")
    after = checksums(ctx)
    assert before["messages"] == after["messages"]


def test_two_chats_of_one_title_are_told_apart_by_their_people(ctx: Context, take_in: Importer) -> None:
    take_in(ANDROID)
    others = (
        "24/03/2024, 12:00 - Zoe: Chairs on the tables tonight\n24/03/2024, 12:05 - Yves: I have the keys with me\n"
    )
    with pytest.raises(SameTitleOtherPeople, match="--group"):
        take_in(others)
    report = take_in(others, group="120363025246125486@g.us")
    assert report.inserted == 2
    assert one(ctx, "select count(distinct chat_id) from messages") == 2


def test_an_export_is_bound_to_its_group_and_stays_bound(ctx: Context, take_in: Importer) -> None:
    take_in(ANDROID)
    ids = one(ctx, "select array_agg(wa_msg_id order by wa_msg_id) from messages")
    bound = take_in(ANDROID, group="120363025246125486@g.us", name="again.zip")
    assert (bound.inserted, bound.chat_id) == (0, "120363025246125486@g.us")
    assert one(ctx, "select array_agg(wa_msg_id order by wa_msg_id) from messages") == ids
    assert one(ctx, "select array_agg(wa_group_id) from groups where name = 'Garden'") == ["120363025246125486@g.us"]
    assert take_in(ANDROID).chat_id == "120363025246125486@g.us"
    assert one(ctx, "select count(*) from export_chats where bound_at is not null") == 1


def test_a_renamed_chat_is_the_same_chat(ctx: Context, take_in: Importer) -> None:
    take_in(ANDROID)
    renamed = ANDROID + '25/03/2024, 08:00 - Ann changed the group name from "Garden" to "Allotment"\n'
    report = take_in(renamed, title="Allotment")
    assert (report.inserted, report.duplicates) == (1, 6)
    assert one(ctx, "select array_agg(name) from groups where wa_group_id like 'export:%'") == ["Allotment"]
    assert one(ctx, "select detail->>'from' from audit_log where kind = 'group_rename'") == "Garden"
    assert take_in(ANDROID).inserted == 0
    assert one(ctx, "select array_agg(name) from groups where wa_group_id like 'export:%'") == ["Allotment"]


def test_text_is_stored_as_it_was_written(ctx: Context, take_in: Importer) -> None:
    strange = "Ｆｕｌｌ wi\u00addth e\u0301\ttab \\ back\\n \u202bעברית\u202c 👩\u200d👩\u200d👧 %s {x} \x01"
    rest = "24/03/2024, 09:16 - Ann: two\nlines\n\nand more\n25/03/2024, 09:16 - Ann: ok\n"
    take_in(f"24/03/2024, 09:15 - Ann: {strange}\n{rest}")
    assert texts(ctx)[:2] == [("Ann", strange), ("Ann", "two\nlines\n\nand more")]


def test_a_nul_does_not_stop_a_batch(ctx: Context, take_in: Importer) -> None:
    take_in("24/03/2024, 09:15 - Ann: a\x00b\n25/03/2024, 09:16 - Ann: ok\n")
    assert texts(ctx)[0] == ("Ann", "a\N{REPLACEMENT CHARACTER}b")


def test_an_export_meets_live_messages_of_its_group(ctx: Context, take_in: Importer) -> None:
    jid = "120363025246125486@g.us"
    with ctx.connect() as conn:
        conn.execute(
            "insert into messages (wa_msg_id, ts, chat_id, sender, kind, text, raw) values"
            " (%(jid)s || '|A1', '2024-03-24T09:15:40Z', %(jid)s, '447700900001@s.whatsapp.net', 'text',"
            """ 'Good morning, gardeners', '{"sender_name": "Ann"}')""",
            {"jid": jid},
        )
    report = take_in(ANDROID, group=jid)
    assert (report.linked, report.inserted) == (1, 5)
    assert take_in(ANDROID, group=jid, name="again.zip").inserted == 0
