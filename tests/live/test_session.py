"""One session row, whoever writes; its state never goes back in time, and no QR code is made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from tests.live.deliveries import put
from tests.live.gateway_server import Answer
from tests.live.waha_standin import KEY, WahaWorld, serving_waha
from wa_pipeline.archive import flags, session
from wa_pipeline.archive.inbox import Arrival, land
from wa_pipeline.archive.sealed import check_sealed
from wa_pipeline.errors import GatewayStrange
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret
from wa_pipeline.steps.session import CONNECTED, NO_GATEWAY, refresh_qr

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def waha(ctx: Context) -> Iterator[WahaWorld]:
    """A gateway that waits for its code to be scanned, which the settings name."""
    with serving_waha() as world:
        world.status = "SCAN_QR_CODE"
        ctx.settings.gateway, ctx.settings.gateway_url = "waha", world.server.url
        ctx.settings.gateway_key = SecretStr(KEY)
        yield world


def row(conn: psycopg.Connection) -> dict[str, Any]:
    [found] = conn.execute("select status, wa_number, wa_name, detail, creds_json from wa_sessions").fetchall()
    return dict(zip(("status", "number", "name", "detail", "creds"), found, strict=True))


def audited(conn: psycopg.Connection) -> list[str]:
    kinds = ["connect", "disconnect", "reconnect", "qr_generated"]
    return [r[0] for r in conn.execute("select kind from audit_log where kind = any(%s) order by at", (kinds,))]


def test_each_change_leaves_its_audit_row_and_a_repetition_none(conn: psycopg.Connection) -> None:
    steps = ["disconnected", "connecting", "connected", "connected", "disconnected", "connecting", "connected"]
    for minute, status in enumerate(steps):
        session.apply_status(conn, status=status, at=AT + timedelta(minutes=minute))  # type: ignore[arg-type]
    assert audited(conn) == ["connect", "disconnect", "reconnect"]
    assert row(conn)["status"] == "connected"


def test_whatever_order_states_arrive_in_the_latest_holds(conn: psycopg.Connection) -> None:
    told = [("connecting", 0), ("connected", 1), ("disconnected", 2), ("connecting", 2)]
    for order in permutations(told):
        conn.execute("delete from wa_sessions")
        for status, minute in order:
            session.apply_status(conn, status=status, at=AT + timedelta(minutes=minute))  # type: ignore[arg-type]
        assert row(conn)["status"] == "connecting"


def test_a_late_arrival_changes_nothing(conn: psycopg.Connection) -> None:
    session.apply_status(conn, status="connected", at=AT, number="49170", name="Ann")
    before, log = row(conn), audited(conn)
    assert not session.apply_status(conn, status="disconnected", at=AT - timedelta(seconds=1), name="Old")
    assert (row(conn), audited(conn)) == (before, log)


def test_many_writers_leave_one_row(ctx: Context, conn: psycopg.Connection) -> None:
    conn.execute("delete from wa_sessions")

    def write(number: int) -> None:
        with ctx.connect() as own:
            status = ("connected", "connecting", "disconnected")[number % 3]
            session.apply_status(own, status=status, at=AT + timedelta(seconds=number))  # type: ignore[arg-type]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(30)))
    assert row(conn)["status"] == "disconnected"
    assert datetime.fromisoformat(row(conn)["detail"]["statusAt"]) == AT + timedelta(seconds=29)


def test_the_gateways_code_is_shown(ctx: Context, conn: psycopg.Connection, waha: WahaWorld) -> None:
    at = flags.request(conn, flags.REFRESH_QR)
    report = refresh_qr(ctx, requested_at=at)
    assert (report.generated, report.handled, report.status) == (True, True, "connecting")
    assert row(conn)["detail"]["qr"] == waha.qr
    # WAHA does not say until when it holds.
    assert "expiresAt" not in row(conn)["detail"]
    refresh_qr(ctx)
    assert audited(conn) == ["qr_generated"]
    waha.qr = "2@another"
    refresh_qr(ctx)
    assert audited(conn) == ["qr_generated", "qr_generated"]
    assert waha.wrong == []


def test_nothing_is_invented_where_there_is_no_code(ctx: Context, conn: psycopg.Connection, waha: WahaWorld) -> None:
    refresh_qr(ctx)
    waha.status = "FAILED"
    report = refresh_qr(ctx)
    assert not report.generated
    assert "FAILED" in row(conn)["detail"]["message"]
    assert "qr" not in row(conn)["detail"]
    waha.status = "WORKING"
    assert refresh_qr(ctx).message == CONNECTED
    found = row(conn)
    assert (found["status"], found["number"], found["name"]) == ("connected", "4915510000001", "Ann")
    assert "qr" not in found["detail"]
    assert audited(conn) == ["qr_generated", "disconnect", "connect"]


def test_without_a_gateway_it_says_so(ctx: Context, conn: psycopg.Connection) -> None:
    at = flags.request(conn, flags.REFRESH_QR)
    assert refresh_qr(ctx, requested_at=at).handled
    assert row(conn)["detail"] == {"message": NO_GATEWAY}
    assert row(conn)["status"] == "disconnected"


def test_a_gateway_that_answers_with_a_web_page_leaves_the_request_open(
    ctx: Context, conn: psycopg.Connection, waha: WahaWorld
) -> None:
    at = flags.request(conn, flags.REFRESH_QR)
    waha.server.ill = [Answer(200, b"<html>", "text/html")]
    with pytest.raises(GatewayStrange):
        refresh_qr(ctx, requested_at=at)
    found = flags.state(conn, flags.REFRESH_QR)
    assert found is not None
    assert found.pending == at


def test_events_tell_of_the_session(ctx: Context, conn: psycopg.Connection) -> None:
    body = {
        "id": "evt_1", "event": "session.status", "session": "default", "me": {"id": "49170@c.us", "pushName": "Ann"},
        "payload": {"status": "WORKING", "statuses": [{"status": "WORKING", "timestamp": 1772366400000}]},
    }  # fmt: skip
    land(conn, [Arrival("waha", json.dumps(body).encode(), "evt_1")])
    interpret(ctx)
    found = row(conn)
    assert (found["status"], found["number"], found["name"]) == ("connected", "49170", "Ann")
    assert audited(conn) == ["connect"]


def test_a_workers_credentials_are_sealed_and_leave_the_inbox(ctx: Context, conn: psycopg.Connection) -> None:
    first = {"noiseKey": {"private": "PRIVATE1"}, "me": {"id": "49170:3@s.whatsapp.net", "name": "Ann"}}
    put(
        conn,
        {"event": "creds.update", "data": first},
        {"connection.update": {"connection": "open"}, "creds.update": {"advSecretKey": "PRIVATE2"}},
    )
    interpret(ctx)
    found = row(conn)
    assert (found["status"], found["number"], found["name"]) == ("connected", "49170", "Ann")
    opened = json.loads(ctx.sealer.open(found["creds"]["sealed"]))
    assert opened == first | {"advSecretKey": "PRIVATE2"}
    assert check_sealed(conn, ctx.sealer) == []
    kept = conn.execute("select string_agg(payload::text, '') from wa_inbox").fetchone()
    shown = json.dumps([str(kept), str(row(conn)), str(audited(conn))])
    assert "PRIVATE" not in shown
    # A replay of what is kept changes nothing.
    before = row(conn)
    conn.execute("update wa_inbox set state = 'new'")
    report = interpret(ctx)
    assert report.failed == 0
    assert row(conn) == before
