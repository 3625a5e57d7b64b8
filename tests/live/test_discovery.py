"""Groups are learnt in one go, names never go back in time, and the switch is nobody's business here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from pydantic import SecretStr

from tests.live.gateway_server import Answer
from tests.live.waha_standin import KEY, WahaWorld, serving_waha
from wa_pipeline.archive import flags, groups
from wa_pipeline.archive.discovery import Seen, heard_of, write_down
from wa_pipeline.archive.grants import as_discovery
from wa_pipeline.archive.groups import SAMPLE, NameChange
from wa_pipeline.errors import GatewayError, GatewayRefusesKey, GatewayUnreachable
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.discover import discover

CHOIR, BAND, BEES = "120363000000000001@g.us", "120363000000000002@g.us", "120363000000000003@g.us"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def waha(ctx: Context) -> Iterator[WahaWorld]:
    """A gateway with two groups, which the settings name."""
    with serving_waha() as world:
        world.groups = [{"id": CHOIR, "subject": "Choir"}, {"id": BAND, "subject": "Band"}]
        ctx.settings.gateway, ctx.settings.gateway_url = "waha", world.server.url
        ctx.settings.gateway_key = SecretStr(KEY)
        yield world


def names(conn: psycopg.Connection) -> dict[str, str]:
    rows = conn.execute("select wa_group_id, name from public.groups where wa_group_id like '1203630%'").fetchall()
    return {str(jid): str(name) for jid, name in rows}


def audited(conn: psycopg.Connection, kind: str) -> list[dict[str, object]]:
    return [row[0] for row in conn.execute("select detail from audit_log where kind = %s order by at", (kind,))]


def test_groups_are_added_then_renamed_then_left_as_they_are(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld
) -> None:
    first = discover(ctx)
    assert (first.new, first.renamed, first.unchanged, first.total, first.gateway) == (2, 0, 0, 2, "waha")
    waha.groups[0]["subject"] = "Big choir"
    second = discover(ctx)
    assert (second.new, second.renamed, second.unchanged) == (0, 1, 1)
    third = discover(ctx)
    assert (third.new, third.renamed, third.unchanged) == (0, 0, 2)
    assert {CHOIR: "Big choir", BAND: "Band"}.items() <= names(conn).items()
    [rename] = audited(conn, "group_rename")
    assert (rename["group"], rename["from"], rename["to"]) == (CHOIR, "Choir", "Big choir")
    assert [(told["new"], told["renamed"], told["total"]) for told in audited(conn, "discovery")] == [
        (2, 0, 2), (0, 1, 2), (0, 0, 2),
    ]  # fmt: skip
    assert waha.wrong == []


def test_neither_the_switch_nor_the_last_message_is_touched(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld
) -> None:
    conn.execute(
        "insert into groups (wa_group_id, name, monitor, last_seen_ts) values (%s, 'Old', true, %s)", (CHOIR, AT)
    )
    assert discover(ctx).renamed == 1
    row = conn.execute("select name, monitor, last_seen_ts from groups where wa_group_id = %s", (CHOIR,)).fetchone()
    assert row == ("Choir", True, AT)
    assert conn.execute("select monitor from groups where wa_group_id = %s", (BAND,)).fetchone() == (False,)
    [rename] = audited(conn, "group_rename")
    assert (rename["from"], rename["to"]) == ("Old", "Choir")


@pytest.mark.parametrize(
    "statement",
    [
        "update public.groups set monitor = true",
        "update public.groups set last_seen_ts = now()",
        "insert into public.groups (wa_group_id, name, monitor) values ('9@g.us', 'x', true)",
        "update public.runtime_flags set value = '{}'",
    ],
)
def test_the_role_discovery_works_under_cannot_write_them(conn: psycopg.Connection, statement: str) -> None:
    groups.ensure_group(conn, CHOIR, "Choir")
    with pytest.raises(InsufficientPrivilege), as_discovery(conn):
        conn.execute(statement.encode())


def test_it_is_under_that_role_that_groups_are_written(conn: psycopg.Connection) -> None:
    conn.execute(
        "create function public.whose() returns trigger language plpgsql as"
        " $$ begin if current_user <> 'wa_discovery' then raise 'not by discovery'; end if; return new; end $$"
    )
    conn.execute("create trigger whose before insert or update on public.groups for each row execute function whose()")
    with as_discovery(conn):
        found = write_down(conn, [Seen(CHOIR, "Choir", AT), Seen(BAND, None, AT)], "waha")
        found = write_down(conn, [Seen(CHOIR, "Loud choir", AT + timedelta(days=1))], "waha")
    assert found.renamed == 1
    with pytest.raises(psycopg.errors.RaiseException):
        groups.set_monitor(conn, CHOIR, True)


def test_a_name_never_goes_back_in_time(conn: psycopg.Connection) -> None:
    groups.ensure_group(conn, CHOIR, CHOIR)
    groups.record_names(conn, CHOIR, [NameChange(AT, None, "Choir of today")], "baileys")
    with as_discovery(conn):
        found = write_down(conn, [Seen(CHOIR, "Choir of yesterday", AT - timedelta(days=1))], "evolution")
    assert found.unchanged == 1
    assert names(conn)[CHOIR] == "Choir of today"
    assert audited(conn, "group_rename") == []


def test_a_group_known_by_its_address_alone_gets_its_name_without_a_rename(conn: psycopg.Connection) -> None:
    groups.ensure_groups(conn, [CHOIR])
    with as_discovery(conn):
        found = write_down(conn, [Seen(CHOIR, "Choir", AT)], "waha")
    assert (found.named, found.renamed) == (1, 0)
    assert names(conn)[CHOIR] == "Choir"
    assert audited(conn, "group_rename") == []


def test_blocked_groups_stay_out(conn: psycopg.Connection) -> None:
    conn.execute("insert into block_groups (wa_group_id) values (%s)", (BAND,))
    with as_discovery(conn):
        found = write_down(conn, [Seen(CHOIR, "Choir", AT), Seen(BAND, "Band", AT)], "waha")
    assert (found.new, found.blocked) == (1, 1)
    assert BAND not in names(conn)


def test_without_a_gateway_it_lists_what_was_heard_of(ctx: Context, conn: psycopg.Connection) -> None:
    conn.execute(
        "insert into wa_inbox (source, source_event_id, payload, state, held_for)"
        " values ('baileys', 'x', '{}', 'skipped', %s)",
        ([BEES],),
    )
    conn.execute("insert into export_chats (chat_key, title, chat_id) values ('band', 'Band', %s)", (BAND,))
    conn.execute(
        "insert into messages (wa_msg_id, ts, chat_id, sender, kind) values ('a', now(), %s, '', 'text'),"
        " ('b', now(), '49170@s.whatsapp.net', '', 'text')",
        (CHOIR,),
    )
    heard = dict(heard_of(conn, SAMPLE))
    assert {CHOIR: None, BAND: "Band", BEES: None}.items() <= heard.items()
    assert SAMPLE not in heard
    first = discover(ctx)
    assert (first.gateway, first.new) == ("none", 3)
    assert names(conn) == names(conn) | {CHOIR: CHOIR, BAND: "Band", BEES: BEES}
    assert discover(ctx).unchanged == first.total


def test_the_first_request_of_all_is_served_without_a_gateway(ctx: Context, conn: psycopg.Connection) -> None:
    found = flags.state(conn, flags.FETCH_GROUPS)
    assert found is not None
    assert found.pending is not None
    assert discover(ctx, requested_at=found.pending).handled
    after = flags.state(conn, flags.FETCH_GROUPS)
    assert after is not None
    assert (after.at, after.pending) == (found.at, None)


def test_a_request_stays_open_with_its_reason_until_it_is_served(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld
) -> None:
    at = flags.request(conn, flags.FETCH_GROUPS)
    waha.server.ill = [Answer(401, {"message": "Unauthorized"})]
    with pytest.raises(GatewayRefusesKey):
        discover(ctx, requested_at=at)
    assert "WA_GATEWAY_KEY" in value(conn)["error"]
    assert "handled_at" not in value(conn)
    assert CHOIR not in names(conn)
    assert discover(ctx, requested_at=at).handled
    assert value(conn).keys() == {"at", "handled_at"}


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([Answer(500, {"message": "boom"})], "boom"),
        ([Answer(503, {})] * 3, "no time"),
        ([Answer(429, {}, headers=(("Retry-After", "900"),))], "no time"),
        ([Answer(200, b"<html>sign in</html>", "text/html")], "a web page"),
        ([Answer(200, b"[" * 100_000)], "no JSON document"),
        ([Answer(200, b'["' + b"x" * (1 << 20) + b'"]')], "larger than"),
        ([Answer(200, {"groups": "many"})], "no list of groups"),
    ],
)
def test_whatever_ails_the_gateway_the_request_stays_open_and_nothing_is_written(
    ctx: Context,
    conn: psycopg.Connection,
    waha: WahaWorld,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[Answer],
    says: str,
) -> None:
    monkeypatch.setattr("wa_pipeline.gateways.http.LARGEST", 1 << 20)
    monkeypatch.setattr("wa_pipeline.gateways.http._PAUSES", (0.01,))
    at = flags.request(conn, flags.FETCH_GROUPS)
    waha.server.ill = list(answers)
    with pytest.raises(GatewayError, match=says):
        discover(ctx, requested_at=at)
    assert waha.server.ill == []
    assert says in value(conn)["error"]
    assert value(conn)["error"].count("\n") == 0
    found = flags.state(conn, flags.FETCH_GROUPS)
    assert found is not None
    assert found.pending == at
    assert CHOIR not in names(conn)
    assert audited(conn, "discovery") == []


def test_a_gateway_that_is_down_leaves_the_request_open(
    ctx: Context, conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wa_pipeline.gateways.http._PAUSES", (0.01,))
    with serving_waha() as world:
        ctx.settings.gateway, ctx.settings.gateway_url = "waha", world.server.url
    at = flags.request(conn, flags.FETCH_GROUPS)
    with pytest.raises(GatewayUnreachable, match="nobody answers"):
        discover(ctx, requested_at=at)
    assert "Check that it runs" in value(conn)["error"]
    assert "handled_at" not in value(conn)


def test_a_gateway_that_is_too_slow_leaves_the_request_open_until_it_answers(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wa_pipeline.gateways.http._PAUSES", (0.01,))
    ctx.settings.gateway_seconds, waha.server.slow = 0.3, 1.0
    at = flags.request(conn, flags.FETCH_GROUPS)
    with pytest.raises(GatewayUnreachable, match="does not answer in time"):
        discover(ctx, requested_at=at)
    assert "handled_at" not in value(conn)
    assert CHOIR not in names(conn)
    ctx.settings.gateway_seconds = 5.0
    assert discover(ctx, requested_at=at).new == 2
    assert "handled_at" in value(conn)


def test_ten_thousand_groups_are_learnt_and_renamed_in_one_go(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld
) -> None:
    waha.groups = [{"id": f"1203630{n:05d}@g.us", "subject": f"Group {n}"} for n in range(10_000)]
    assert discover(ctx).new == 10_000
    for group in waha.groups[::100]:
        group["subject"] += " renamed"
    found = discover(ctx)
    assert (found.renamed, found.unchanged, found.total) == (100, 9_900, 10_000)
    assert len(audited(conn, "group_rename")) == 100


def test_a_rename_and_its_audit_row_are_written_together_or_not_at_all(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld
) -> None:
    discover(ctx)
    conn.execute(
        "create function public.refuse() returns trigger language plpgsql as"
        " $$ begin if new.kind = 'group_rename' then raise 'no audit'; end if; return new; end $$"
    )
    conn.execute("create trigger refuse before insert on public.audit_log for each row execute function refuse()")
    waha.groups[0]["subject"] = "Big choir"
    with pytest.raises(psycopg.errors.RaiseException):
        discover(ctx)
    assert names(conn)[CHOIR] == "Choir"
    assert len(audited(conn, "discovery")) == 1


def test_a_request_made_meanwhile_is_not_taken_for_the_one_served(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld
) -> None:
    earlier = flags.request(conn, flags.FETCH_GROUPS)
    later = flags.request(conn, flags.FETCH_GROUPS)
    assert not discover(ctx, requested_at=earlier).handled
    found = flags.state(conn, flags.FETCH_GROUPS)
    assert found is not None
    assert found.pending == later


@pytest.mark.parametrize(
    "written", ["{}", "null", "[]", '"now"', "7", '{"at": null}', '{"at": {}}', '{"at": ""}', '{"when": "now"}']
)
def test_what_is_no_request_asks_for_nothing(conn: psycopg.Connection, written: str) -> None:
    conn.execute("update runtime_flags set value = %s where key = %s", (written, flags.FETCH_GROUPS))
    found = flags.state(conn, flags.FETCH_GROUPS)
    assert found is not None
    assert found.pending is None
    assert not flags.handled(conn, flags.FETCH_GROUPS, "now")
    flags.failed(conn, flags.FETCH_GROUPS, "now", "x")


def value(conn: psycopg.Connection) -> dict[str, str]:
    row = conn.execute("select value::text from runtime_flags where key = %s", (flags.FETCH_GROUPS,)).fetchone()
    assert row is not None
    found: dict[str, str] = json.loads(row[0])
    return found
