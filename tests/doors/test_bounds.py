"""However many send however much however slowly: the door holds a bounded share of it, and stays open."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.live.deliveries import says
from tests.storage.serving import serving
from wa_pipeline.doors import app as application
from wa_pipeline.doors import body, create_app
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context

SECRET = "a long secret"
MB = 1 << 20


@pytest.fixture
def door(database_url: str, wa_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(application, "IN_HAND_MB", 0)
    monkeypatch.setattr(body, "SECONDS", 2.0)
    context = Context(Settings(home=wa_home, listen_max_mb=4, webhook_secret_baileys=SECRET), database_url, "unused")
    headers = {"X-Webhook-Secret": SECRET}
    with serving(lambda _: create_app(context)) as url, httpx.Client(base_url=url, headers=headers) as client:
        yield client
    context.close()


def begun(door: httpx.Client, announced: int, sent: int, secret: str = SECRET) -> socket.socket:
    """A connection on which so much of a delivery has been sent, and no more for now."""
    host, port = door.base_url.host, door.base_url.port
    assert port
    connection = socket.create_connection((host, port), timeout=10)
    head = f"POST /webhooks/baileys HTTP/1.1\r\nhost: {host}\r\nx-webhook-secret: {secret}\r\n"
    connection.sendall(f"{head}content-length: {announced}\r\n\r\n".encode() + b" " * sent)
    return connection


def status(connection: socket.socket) -> int:
    return int(connection.recv(4096)[9:12])


def test_what_does_not_fit_beside_the_others_is_asked_to_come_again(door: httpx.Client) -> None:
    """Eight connections that send 3 MB each, where 8 MB may be in hand: at most two have their share."""
    with ExitStack() as stack:
        connections = [stack.enter_context(begun(door, 4 * MB, 3 * MB)) for _ in range(8)]
        answers = [status(connection) for connection in connections]
    assert answers.count(503) >= 6
    assert set(answers) <= {503, 408}
    assert door.post("/webhooks/baileys", json=says("A", "x" * (3 * MB))).status_code == 202


def test_an_announced_size_takes_no_room_and_a_connection_that_breaks_gives_its_own_back(door: httpx.Client) -> None:
    for _ in range(12):
        begun(door, 4 * MB, 3 * MB).close()
        begun(door, 4 * MB, 0).close()
    answer = httpx.Response(503)
    for _ in range(20):
        answer = door.post("/webhooks/baileys", json=says("A", "x" * (3 * MB)))
        if answer.status_code == 202:
            break
    assert answer.status_code == 202


def test_a_body_that_trickles_in_is_cut_off(door: httpx.Client) -> None:
    with begun(door, 1000, 10) as connection:
        assert status(connection) == 408


def test_a_plain_secret_is_judged_before_the_body_comes(door: httpx.Client) -> None:
    with begun(door, 4 * MB, 0, secret="wrong") as connection:
        assert status(connection) == 401
