"""`wa console`, as one starts and stops it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest


def _command(*options: str) -> list[str]:
    return [sys.executable, "-c", "from wa_pipeline.cli import main; main()", "console", *options]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_a_link_that_works_and_stops_cleanly(database_url: str, wa_home: Path, stop: signal.Signals) -> None:
    port = _free_port()
    env = {**os.environ, "DATABASE_URL": database_url}
    with subprocess.Popen(
        _command("--port", str(port)), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(rf"http://127\.0\.0\.1:{port}/\?token=\S+", line)
        assert found, line or process.communicate()
        with httpx.Client(follow_redirects=True, transport=httpx.HTTPTransport(retries=5), timeout=20) as browser:
            assert browser.get(found.group()).status_code == 200
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def _connect(connection: HTTPConnection) -> None:
    """The link is printed a moment before the console takes connections."""
    for _ in range(100):
        with suppress(ConnectionRefusedError):
            connection.connect()
            return
        time.sleep(0.1)


def test_a_page_that_asks_every_few_seconds_keeps_its_connection(database_url: str, wa_home: Path) -> None:
    port = _free_port()
    env = {**os.environ, "DATABASE_URL": database_url}
    with subprocess.Popen(_command("--port", str(port)), env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline()
            with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                _connect(connection)
                for rest_s in (6, 0):
                    connection.request("GET", "/healthz")
                    assert connection.getresponse().read() == b'{"status":"ok"}'
                    time.sleep(rest_s)
        finally:
            process.terminate()


def test_a_port_that_is_taken_is_one_sentence(database_url: str, wa_home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env = {**os.environ, "DATABASE_URL": database_url}
        done = subprocess.run(
            _command("--port", str(port)), env=env, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert re.fullmatch(rf"wa: The console cannot listen on 127\.0\.0\.1:{port} \(.+\): .+\n", done.stderr)
