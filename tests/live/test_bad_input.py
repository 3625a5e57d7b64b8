"""What no worker should send, landed and interpreted: each has a defined end, and stops nothing else."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.data.baileys_expected import GROUP
from tests.live.conftest import monitor
from tests.live.deliveries import edits, info, put, reacts, replies, revokes, says, upsert
from tests.whatsapp.live.gateway_samples import beside, samples
from tests.whatsapp.live.history_bytes import conversation, field, history, message
from tests.whatsapp.live.test_history import notified
from wa_pipeline.archive import failures
from wa_pipeline.archive.retention import forget
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret

KEY = "a2V5a2V5a2V5a2V5a2V5a2V5"


def wrapped(times: int, kind: str = "ephemeralMessage") -> dict[str, Any]:
    content: dict[str, Any] = {"conversation": "at the bottom"}
    for _ in range(times):
        content = {kind: {"message": content}}
    return content


def rows(conn: psycopg.Connection, columns: str) -> list[tuple[Any, ...]]:
    return conn.execute(f"select {columns} from public.messages order by wa_msg_id").fetchall()  # type: ignore[call-overload, no-any-return]


def states(conn: psycopg.Connection) -> list[tuple[str, str | None]]:
    return conn.execute("select state, reason from public.wa_inbox order by id").fetchall()


def test_fifty_wrappers_are_a_row_that_says_so_and_fewer_are_taken_off(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, upsert(info("A", wrapped(49))), upsert(info("B", wrapped(50))), upsert(info("C", wrapped(120))))
    assert interpret(ctx).messages == 3
    assert rows(conn, "text, raw->>'subkind'") == [("at the bottom", None), (None, "too_deep"), (None, "too_deep")]


def test_messages_that_quote_each_other_are_linked_as_told_and_none_to_itself(
    ctx: Context, conn: psycopg.Connection
) -> None:
    put(
        conn,
        replies("A", "first", "B"),
        replies("B", "second", "C"),
        replies("C", "third", "A"),
        replies("D", "I", "D"),
    )
    interpret(ctx)
    parents = conn.execute(
        "select right(m.wa_msg_id, 1), right(p.wa_msg_id, 1) from public.messages m"
        " left join public.messages p on p.id = m.parent_id order by 1"
    ).fetchall()
    assert parents == [("A", "B"), ("B", "C"), ("C", "A"), ("D", None)]


def test_an_edit_of_a_message_never_seen_waits_until_its_time_is_over(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, edits("A", "better", at=1731000100))
    for _ in range(2):
        assert interpret(ctx).edits == 0
        assert states(conn) == [("waiting", "its message is not there yet")]
    forget(conn, inbox_days=0, unmonitored_days=0)
    assert states(conn) == [("skipped", "never came")]
    assert interpret(ctx).rows == 0


def test_a_revocation_and_a_reaction_before_their_message_are_applied_when_it_comes(
    ctx: Context, conn: psycopg.Connection
) -> None:
    put(conn, revokes("A", at=1731000100), reacts("A", "👍", at=1731000050), edits("A", "better", at=1731000020))
    interpret(ctx)
    put(conn, says("A", "words"))
    interpret(ctx)
    interpret(ctx)
    assert rows(conn, "text, raw->'deleted'->>'at'") == [("better", "2024-11-07T17:21:40.000000Z")]
    assert conn.execute("select emoji, message_id is not null from message_reactions").fetchall() == [("👍", True)]
    assert {state for state, _ in states(conn)} == {"done"}


@pytest.mark.parametrize(
    "chat", ["", "   ", "nobody", "@g.us", "1@", "x@y@z", "120363@G.US", "447700900001:12@c.us", "1@bot", "1@call", 7]
)
def test_an_address_of_any_form_ends_somewhere(ctx: Context, conn: psycopg.Connection, chat: Any) -> None:
    put(conn, upsert(info("A", {"conversation": "hi"}, chat=chat)), says("B", "the next one"))
    report = interpret(ctx)
    assert (report.messages, report.failed) == (1, 0)
    assert sum(report.skipped.values()) == 1
    assert [state for state, _ in states(conn)] == ["skipped", "done"]


def test_a_history_lands_whole_and_a_replay_of_what_is_kept_changes_nothing(
    ctx: Context, conn: psycopg.Connection
) -> None:
    inner = "".join(chr(97 + n % 26) for n in range(40))
    told = [message(f"M{n}", field(1, f"{n} {inner}"), at=1731000000 - n, sender="1@s.whatsapp.net") for n in range(50)]
    put(conn, notified({str(place): byte for place, byte in enumerate(history(conversation(GROUP, *told)))}))
    assert interpret(ctx).messages == 50
    xmins = rows(conn, "wa_msg_id, xmin::text")
    assert conn.execute("select payload::text like '%InlinePayload%' from public.wa_inbox").fetchone() == (False,)
    [(today,)] = conn.execute("select (received_at at time zone 'UTC')::date from public.wa_inbox").fetchall()
    conn.execute("update public.messages set text = 'wrong' where wa_msg_id = %s", (f"{GROUP}|M7",))
    report = interpret(ctx, day=today)
    assert (report.messages, report.changed) == (0, 1)
    now = dict(rows(conn, "wa_msg_id, xmin::text"))
    assert [name for name, xmin in xmins if now[name] != xmin] == [f"{GROUP}|M7"]


def test_a_picture_sent_before_its_group_is_switched_on_is_fetched_by_the_key_it_came_with(
    ctx: Context, conn: psycopg.Connection
) -> None:
    other = "99-1@g.us"
    image = {"mimetype": "image/jpeg", "directPath": "/v/t62", "mediaKey": KEY, "fileSha256": "A" * 43 + "="}
    put(conn, upsert(info("A", {"imageMessage": image}, chat=other)))
    interpret(ctx)
    assert conn.execute("select payload::text like '%mediaKey%' from public.wa_inbox").fetchone() == (True,)
    assert conn.execute("select count(*) from public.media_fetch").fetchone() == (0,)
    conn.execute("update public.groups set monitor = true where wa_group_id = %s", (other,))
    interpret(ctx)
    [(sealed,)] = conn.execute("select locator_enc from public.media_fetch").fetchall()
    assert KEY in ctx.sealer.open(sealed).decode()
    assert conn.execute("select payload::text like '%mediaKey%' from public.wa_inbox").fetchone() == (False,)


def test_after_its_days_what_nobody_switched_on_is_forgotten_with_its_keys(
    ctx: Context, conn: psycopg.Connection
) -> None:
    image = {"mimetype": "image/jpeg", "directPath": "/v/t62", "mediaKey": KEY}
    put(conn, upsert(info("A", {"imageMessage": image}, chat="99-1@g.us")))
    interpret(ctx)
    conn.execute("update public.wa_inbox set received_at = now() - interval '8 days'")
    found = forget(conn, inbox_days=30, unmonitored_days=7)
    assert (found.unmonitored, found.interpreted) == (1, 0)
    assert conn.execute("select payload is null, held_for is null from public.wa_inbox").fetchone() == (True, True)
    conn.execute("update public.groups set monitor = true")
    assert interpret(ctx).rows == 0


def test_what_cannot_be_read_is_listed_and_read_again_when_asked(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, {"no": "event"}, says("A", "hello"))
    assert interpret(ctx).failed == 1
    [failure] = failures.failures(conn)
    assert (failure.what, failure.name, failure.reason) == ("delivery", "baileys", "the body names no event")
    assert conn.execute("select detail->'dead' from public.audit_log where kind = 'error'").fetchone() == (
        {"the body names no event": 1},
    )
    assert failures.retry(conn, [failure.id]) == 1
    assert interpret(ctx).failed == 1


@beside
@pytest.mark.parametrize("source", ["waha", "gowa"])
def test_every_published_body_ends_as_a_row_a_mark_or_a_counted_skip(
    ctx: Context, conn: psycopg.Connection, source: str
) -> None:
    ctx.settings.ingest_scope, ctx.settings.ingest_direct = "all", True
    monitor(conn, "12132132130@g.us")
    bodies = samples(source)
    put(conn, *[{"source": source, **body} for body in bodies.values()])
    report = interpret(ctx)
    assert report.rows == len(bodies)
    ends = conn.execute("select state, reason, waits_for from public.wa_inbox order by id").fetchall()
    for name, (state, reason, waits_for) in zip(bodies, ends, strict=True):
        assert state in ("done", "waiting", "skipped"), name
        assert state != "skipped" or reason, name
        assert state != "waiting" or waits_for, name
    assert report.messages > 0
    assert report.failed == 0
