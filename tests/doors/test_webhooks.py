"""A delivery that was answered is in the inbox, once; whoever does not know the secret gets nothing in."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.live.deliveries import says
from tests.postgres import TemporaryServer
from tests.storage.serving import serving
from wa_pipeline.doors import create_app
from wa_pipeline.settings import REPOSITORY, Settings
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret
from wa_pipeline.up.ports import free_port

SECRET = "a long secret"
KNOWS = {"X-Webhook-Secret": SECRET}


@pytest.fixture
def ctx(database_url: str, wa_home: Path) -> Iterator[Context]:
    secrets = dict.fromkeys(("webhook_secret_baileys", "webhook_secret_waha", "webhook_secret_gowa"), SECRET)
    context = Context(Settings(home=wa_home, listen_max_mb=11, **secrets), database_url, "unused")
    yield context
    context.close()


@pytest.fixture
def door(ctx: Context) -> Iterator[httpx.Client]:
    with serving(lambda _: create_app(ctx)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def inbox(ctx: Context) -> list[tuple[str, str, str | None]]:
    with ctx.connect() as conn:
        return conn.execute("select source, state, error from wa_inbox order by id").fetchall()


def test_a_delivery_is_in_the_inbox_when_it_is_answered_and_only_once(ctx: Context, door: httpx.Client) -> None:
    for _ in range(3):
        answer = door.post("/webhooks/baileys", json=says("A", "hello"), headers=KNOWS)
        assert (answer.status_code, answer.json()) == (202, {"landed": True})
    assert inbox(ctx) == [("baileys", "new", None)]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/webhooks/baileys", {}, 401),
        ("/webhooks/baileys", {"X-Webhook-Secret": "wrong"}, 401),
        ("/webhooks/baileys", {"X-Webhook-Secret": "ü".encode()}, 401),
        ("/webhooks/evolution", KNOWS, 403),
        ("/webhooks/signal", KNOWS, 404),
        ("/elsewhere", KNOWS, 404),
    ],
)
def test_nobody_else_gets_anything_in(
    ctx: Context, door: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    answer = door.post(path, json=says("A", "hello"), headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert inbox(ctx) == []


def test_a_source_without_a_secret_is_told_which_variable_to_set(door: httpx.Client) -> None:
    assert "WA_WEBHOOK_SECRET_EVOLUTION" in door.post("/webhooks/evolution", json={}).json()["error"]["message"]


def test_gateways_that_sign_are_known_by_their_signature(ctx: Context, door: httpx.Client) -> None:
    body = json.dumps({"event": "message", "id": "evt_1", "payload": {}}).encode()
    waha = hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest()
    gowa = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert door.post("/webhooks/waha", content=body, headers={"X-Webhook-Hmac": waha}).status_code == 202
    assert door.post("/webhooks/gowa", content=body, headers={"X-Hub-Signature-256": gowa}).status_code == 202
    assert door.post("/webhooks/waha", content=body + b" ", headers={"X-Webhook-Hmac": waha}).status_code == 401
    with ctx.connect() as conn:
        ids = conn.execute("select source, source_event_id from wa_inbox order by id").fetchall()
    assert ids == [("waha", "evt_1"), ("gowa", hashlib.sha256(body).hexdigest())]


def test_an_id_no_database_can_hold_is_none(ctx: Context, door: httpx.Client) -> None:
    for own in ("evt\x00", "evt\ud83d", ""):
        body = json.dumps({"event": "message", "id": own, "payload": {"n": len(own), "own": own}}).encode()
        assert door.post("/webhooks/waha", content=body, headers=KNOWS).status_code == 202
    assert [state for _, state, _ in inbox(ctx)] == ["new"] * 3


@pytest.mark.parametrize("body", [b"no json", b"\xff\xfe", b"", b'{"a": NaN}', b"[" * 200_000, b'{"a": "\x01"}'])
def test_what_nobody_can_read_is_kept_as_a_dead_letter_and_stops_no_other(
    ctx: Context, door: httpx.Client, body: bytes
) -> None:
    assert door.post("/webhooks/baileys", content=body, headers=KNOWS).status_code == 202
    assert door.post("/webhooks/baileys", json=says("A", "hello"), headers=KNOWS).status_code == 202
    assert [state for _, state, _ in inbox(ctx)] == ["dead", "new"]
    assert inbox(ctx)[0][2]
    with ctx.connect() as conn:
        assert conn.execute("select body from wa_inbox where state = 'dead'").fetchone() == (body,)


def test_ten_megabytes_are_taken_and_more_than_allowed_is_not(ctx: Context, door: httpx.Client) -> None:
    assert door.post("/webhooks/baileys", json=says("A", "x" * 10_000_000), headers=KNOWS).status_code == 202
    assert door.post("/webhooks/baileys", content=b"x" * (12 << 20), headers=KNOWS).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 100_000

    assert door.post("/webhooks/baileys", content=endless(), headers=KNOWS).status_code == 413
    assert len(inbox(ctx)) == 1


def test_a_source_that_sends_too_much_is_asked_to_wait(database_url: str, wa_home: Path) -> None:
    settings = Settings(home=wa_home, listen_rate=5, webhook_secret_baileys=SECRET)
    app = create_app(Context(settings, database_url, "unused"))
    with serving(lambda _: app) as url, httpx.Client(base_url=url, headers=KNOWS) as client:
        answers = [client.post("/webhooks/baileys", json=says(f"A{n}", "hi")) for n in range(30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"] == "1"
    assert answers[0].status_code == 202


def test_without_the_database_it_says_so_and_the_same_delivery_lands_later(
    ctx: Context, door: httpx.Client, pg_server: TemporaryServer
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(ctx.archive_url)["dbname"]
    door.post("/webhooks/baileys", json=says("A", "first"), headers=KNOWS)
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as admin:
        admin.execute(f'alter database "{name}" allow_connections false')
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        answer = door.post("/webhooks/baileys", json=says("B", "second"), headers=KNOWS)
        admin.execute(f'alter database "{name}" allow_connections true')
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "database_unreachable"
    assert door.post("/webhooks/baileys", json=says("B", "second"), headers=KNOWS).status_code == 202
    assert len(inbox(ctx)) == 2


def test_what_was_answered_survives_a_kill_and_what_was_not_can_be_sent_again(
    database_url: str, wa_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port("127.0.0.1", 18500, what="a test", variable="-")
    for variable, value in {
        "DATABASE_URL": database_url, "WA_LISTEN_PORT": str(port), "WA_WEBHOOK_SECRET_BAILEYS": SECRET,
    }.items():  # fmt: skip
        monkeypatch.setenv(variable, value)
    bodies = {f"M{n}": says(f"M{n}", f"message {n}") for n in range(300)}
    answered: set[str] = set()

    def send(name: str) -> None:
        try:
            url = f"http://127.0.0.1:{port}/webhooks/baileys"
            if httpx.post(url, json=bodies[name], headers=KNOWS, timeout=10).status_code == 202:
                answered.add(name)
        except httpx.TransportError:
            pass

    for attempt in range(2):
        process = listening(port)
        try:
            with ThreadPoolExecutor(16) as senders:
                for name in sorted(bodies.keys() - answered):
                    senders.submit(send, name)
                while attempt == 0 and len(answered) < 50:
                    time.sleep(0.005)
                if attempt == 0:
                    process.send_signal(signal.SIGKILL)
        finally:
            process.kill()
            process.wait()
        if attempt == 0:
            assert 0 < len(answered) < len(bodies)
            with psycopg.connect(database_url) as conn:
                landed = conn.execute("select count(*) from wa_inbox").fetchone()
            assert landed is not None
            assert landed[0] >= len(answered)
    assert answered == bodies.keys()
    ctx = Context(Settings(home=wa_home, ingest_scope="all"), database_url, "unused")
    assert interpret(ctx).messages == len(bodies)
    ctx.close()


def listening(port: int) -> subprocess.Popen[bytes]:
    """A `wa listen` of its own that answers."""
    command = [sys.executable, "-c", "from wa_pipeline.cli import main; main()", "listen"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return process
    process.kill()
    raise AssertionError("wa listen did not start")
