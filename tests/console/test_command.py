"""`wa console`, as one starts and stops it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
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
