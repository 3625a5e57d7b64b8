"""An export's message and the live message become one, whichever came first, and stay so."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from tests.imports.conftest import Importer
from tests.live.conftest import monitor
from tests.live.deliveries import edits, info, put, replies, revokes, upsert
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret

GROUP = "120363025246125486@g.us"
ANN, BOB = "447700900001@s.whatsapp.net", "447700900002@s.whatsapp.net"
AT = int(datetime(2024, 3, 24, 9, 15, 20, tzinfo=UTC).timestamp())
EXPORT = """\
24/03/2024, 09:14 - Messages and calls are end-to-end encrypted.
24/03/2024, 09:15 - Ann Gardener: Good morning, gardeners
24/03/2024, 09:15 - Bob: ok
24/03/2024, 09:15 - Bob: ok
24/03/2024, 09:15 - Ann Gardener: ok
24/03/2024, 09:16 - +44 7700 900003: The beans are up
24/03/2024, 10:01 - Ann Gardener: Bring the long ladder please
"""
ROWS = (
    "select count(*), count(*) filter (where wa_msg_id like 'exp|%'), count(*) filter (where raw ? 'export')"
    " from messages"
)


def says(stanza: str, text: str, at: int, sender: str, name: str) -> object:
    return upsert({**info(stanza, {"conversation": text}, at=at, sender=sender, chat=GROUP), "pushName": name})


LIVE = [
    says("A", "Good morning, gardeners", AT, ANN, "Annie"),
    says("B", "ok", AT + 5, BOB, "Bob"),
    says("C", "ok", AT + 9, BOB, "Bob"),
    says("D", "ok", AT + 12, ANN, "Annie"),
    says("E", "The beans are up", AT + 60, "447700900003@s.whatsapp.net", "Cem"),
]


@pytest.fixture
def conn(ctx: Context) -> Iterator[psycopg.Connection]:
    with ctx.connect(autocommit=True) as opened:
        monitor(opened, GROUP)
        yield opened


def told(ctx: Context, conn: psycopg.Connection, *payloads: object) -> None:
    put(conn, *payloads)
    interpret(ctx)


def archive(conn: psycopg.Connection) -> list[tuple[object, ...]]:
    return conn.execute(
        "select wa_msg_id, sender, text, raw->'export'->>'sender', raw->'export'->>'id' is not null from messages"
        " where not raw ? 'system' order by 1"
    ).fetchall()


WHOLE = [
    (f"{GROUP}|A", ANN, "Good morning, gardeners", "Ann Gardener", True),
    (f"{GROUP}|B", BOB, "ok", "Bob", True),
    (f"{GROUP}|C", BOB, "ok", "Bob", True),
    (f"{GROUP}|D", ANN, "ok", "Ann Gardener", True),
    (f"{GROUP}|E", "447700900003@s.whatsapp.net", "The beans are up", "+44 7700 900003", True),
]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_comes_first_each_message_is_one_row(
    ctx: Context, conn: psycopg.Connection, take_in: Importer, seed: int
) -> None:
    """The export before, after and between the live messages, which come one by one in any order."""
    steps: list[object] = [*LIVE, "export"]
    random.Random(seed).shuffle(steps)
    for step in steps:
        if step == "export":
            report = take_in(EXPORT, group=GROUP)
            assert report.messages == report.inserted + report.linked
        else:
            told(ctx, conn, step)
    found = archive(conn)
    assert found[:5] == WHOLE
    assert [(row[0].startswith("exp|"), row[2]) for row in found[5:]] == [(True, "Bring the long ladder please")]  # type: ignore[attr-defined]


def test_importing_and_replaying_again_change_nothing(
    ctx: Context, conn: psycopg.Connection, take_in: Importer
) -> None:
    take_in(EXPORT, group=GROUP)
    told(ctx, conn, *LIVE)
    xmins = "select wa_msg_id, xmin::text from messages order by 1"
    before = conn.execute(xmins).fetchall()
    again = take_in(EXPORT, group=GROUP, name="again.zip")
    without_group = take_in(EXPORT, name="once more.zip")
    interpret(ctx, day=datetime.now(UTC).date())
    assert (again.inserted, again.linked, again.duplicates) == (0, 0, 7)
    assert (without_group.inserted, without_group.duplicates, without_group.chat_id) == (0, 7, GROUP)
    assert conn.execute(xmins).fetchall() == before


def test_binding_an_export_brings_its_messages_together_with_the_live_ones(
    ctx: Context, conn: psycopg.Connection, take_in: Importer
) -> None:
    take_in(EXPORT)
    told(ctx, conn, *LIVE)
    assert conn.execute(ROWS).fetchone() == (12, 7, 0)
    take_in(EXPORT, group=GROUP, name="again.zip")
    assert conn.execute(ROWS).fetchone() == (7, 2, 5)
    assert archive(conn)[:5] == WHOLE


def test_an_export_with_more_equal_messages_keeps_the_greater_count(
    ctx: Context, conn: psycopg.Connection, take_in: Importer
) -> None:
    take_in("".join("24/03/2024, 09:15 - Bob: ok\n" for _ in range(4)) + "25/03/2024, 09:15 - Bob: bye\n", group=GROUP)
    for stanza in ("B", "C"):
        told(ctx, conn, says(stanza, "ok", AT, BOB, "Bob"))
    assert conn.execute("select count(*) from messages where text = 'ok'").fetchone() == (4,)
    for stanza in ("D", "E", "F"):
        told(ctx, conn, says(stanza, "ok", AT, BOB, "Bob"))
    assert conn.execute("select count(*) from messages where text = 'ok'").fetchone() == (5,)


def test_short_words_of_somebody_unknown_are_left_alone(
    ctx: Context, conn: psycopg.Connection, take_in: Importer
) -> None:
    take_in("24/03/2024, 09:15 - Grandma: ok\n25/03/2024, 09:15 - Grandma: bye\n", group=GROUP)
    told(ctx, conn, says("B", "ok", AT, BOB, "Bob"))
    assert conn.execute(ROWS).fetchone() == (3, 2, 0)


def test_a_name_that_may_be_two_people_is_nobody_and_is_reported(
    ctx: Context, conn: psycopg.Connection, take_in: Importer
) -> None:
    told(ctx, conn, says("A", "the same long words", AT, ANN, "A."), says("B", "other long words", AT + 60, BOB, "B."))
    report = take_in(
        "24/03/2024, 09:15 - Cleo: the same long words\n24/03/2024, 09:16 - Cleo: other long words\n"
        "25/03/2024, 09:15 - Cleo: bye\n",
        group=GROUP,
    )
    assert (report.linked, report.inserted) == (0, 3)
    assert "several alike" in str(report.as_dict()["skipped"])


def test_a_parent_a_tag_and_a_file_of_the_export_row_go_over(
    ctx: Context, conn: psycopg.Connection, take_in: Importer
) -> None:
    lines = "24/03/2024, 09:15 - Bob: IMG-1.jpg (file attached)\n25/03/2024, 09:15 - Bob: bye\n"
    take_in(lines, group=GROUP, media={"IMG-1.jpg": b"\xff\xd8\xff\xe0 no more than a beginning"})
    [(row, media)] = conn.execute("select id, media_id from messages where kind = 'image'").fetchall()
    assert media is not None
    conn.execute("update messages set parent_id = %s where text = 'bye'", (row,))
    conn.execute("insert into message_tags values (%s, 'kept')", (row,))
    picture = {"imageMessage": {"mimetype": "image/jpeg"}}
    told(ctx, conn, upsert({**info("P", picture, at=AT, sender=BOB, chat=GROUP), "pushName": "Bob"}))
    [(live, held)] = conn.execute("select id, media_id from messages where kind = 'image'").fetchall()
    assert (live != row, held) == (True, media)
    assert conn.execute("select parent_id from messages where text = 'bye'").fetchone() == (live,)
    assert conn.execute("select message_id, tag from message_tags").fetchall() == [(live, "kept")]


EDITED = "24/03/2024, 09:15 - Bob: we meet at ten <This message was edited>\n25/03/2024, 09:15 - Bob: bye, all of you\n"
ORIGINAL = "24/03/2024, 09:15 - Bob: we meet at nine\n25/03/2024, 09:15 - Bob: bye, all of you\n"
DELETED = "24/03/2024, 09:15 - Bob: This message was deleted\n25/03/2024, 09:15 - Bob: bye, all of you\n"


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_exports_of_before_and_after_an_edit_are_one_message_with_the_live_one(
    ctx: Context, conn: psycopg.Connection, take_in: Importer, order: tuple[int, ...]
) -> None:
    steps = [
        lambda: told(ctx, conn, says("A", "we meet at nine", AT, BOB, "Bob")),
        lambda: told(ctx, conn, edits("A", "we meet at ten", at=AT + 60, sender=BOB, chat=GROUP)),
        lambda: take_in(ORIGINAL, group=GROUP),
        lambda: take_in(EDITED, group=GROUP, name="later.zip"),
    ]
    for step in order:
        steps[step]()
    interpret(ctx)
    assert [row[:3] for row in archive(conn) if "meet" in str(row[2])] == [(f"{GROUP}|A", BOB, "we meet at ten")]
    assert conn.execute("select text from message_versions").fetchall() == [("we meet at nine",)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_export_that_saw_the_deletion_meets_the_deleted_message(
    ctx: Context, conn: psycopg.Connection, take_in: Importer, order: tuple[int, ...]
) -> None:
    steps = [
        lambda: told(ctx, conn, says("A", "we meet at nine", AT, BOB, "Bob")),
        lambda: told(ctx, conn, revokes("A", at=AT + 60, sender=BOB, chat=GROUP)),
        lambda: take_in(DELETED, group=GROUP),
    ]
    for step in order:
        steps[step]()
    interpret(ctx)
    rows = conn.execute(
        "select wa_msg_id, text, raw ? 'deleted' from messages where text is distinct from 'bye, all of you'"
    )
    assert rows.fetchall() == [(f"{GROUP}|A", "we meet at nine", True)]


def test_a_reply_to_a_message_an_export_had_first_finds_it(
    ctx: Context, conn: psycopg.Connection, take_in: Importer
) -> None:
    take_in(EXPORT, group=GROUP)
    told(ctx, conn, replies("R", "and to you", "A", at=AT + 300, sender=BOB, chat=GROUP))
    told(ctx, conn, *LIVE)
    parent = "select p.wa_msg_id from messages m join messages p on p.id = m.parent_id where m.wa_msg_id like '%|R'"
    assert conn.execute(parent).fetchone() == (f"{GROUP}|A",)
