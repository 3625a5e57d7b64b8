"""`wa up`, for real: everything starts, a dropped export is imported, SIGTERM leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg

from tests.dagster.conftest import EXPORT, REPOSITORY, WA
from wa_pipeline.up import graphql

ASSETS = "query { assetsOrError { ... on AssetConnection { nodes { key { path } } } } }"


def test_a_dropped_export_is_imported_and_sigterm_leaves_nothing(
    up: tuple[subprocess.Popen[str], dict[str, str]], environment: dict[str, str], database_url: str
) -> None:
    process, links = up
    children = _descendants(process.pid)
    assert len(children) >= 4

    shown = graphql.ask(links["dagster"], ASSETS)
    assert {"chat_exports", "media_files", "ocr_text", "asr_text"} <= _keys(shown)
    with httpx.Client(follow_redirects=True) as browser:
        assert browser.get(links["console"]).status_code == 200

    (Path(links["exports"]) / "WhatsApp Chat with Bean Rota.txt").write_text(EXPORT)
    with psycopg.connect(database_url, autocommit=True) as conn:
        state = "select state from public.import_runs"
        _until(lambda: conn.execute(state).fetchall() == [("done",)], 45, "the export to be imported")
        texts = conn.execute("select text from public.messages where sender <> '' order by ts").fetchall()
        # The seed leaves a request of its own, which the first start serves, gateway or not.
        served = "select value ? 'handled_at' from public.runtime_flags where key = 'fetch_groups_requested'"
        _until(lambda: conn.execute(served).fetchone() == (True,), 60, "the seed's own request to be served")
        assert conn.execute("select count(*) from public.audit_log where kind = 'discovery'").fetchone() == (1,)
    assert [text for (text,) in texts][:2] == ["Who waters the beans on Sunday?", "I can"]

    second = subprocess.run([*WA, "up"], env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"process {process.pid}" in second.stderr
    assert links["dagster"] in second.stderr

    everyone = {*children, *_descendants(process.pid)}
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert [pid for pid in everyone if _lives(pid)] == []
    assert not (Path(environment["WA_HOME"]) / "run" / "up.json").exists()


def _keys(answer: dict[str, object] | None) -> set[str]:
    assert answer is not None
    connection = answer["assetsOrError"]
    assert isinstance(connection, dict)
    return {node["key"]["path"][0] for node in connection["nodes"]}


def _until(true: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.2)


def _descendants(pid: int) -> set[int]:
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents if parent in fresh} - found
        found |= fresh
    return found


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
