"""An import that is killed, stopped or cut off, and run again, leaves the rows of one that nobody disturbed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.commands.shell import environment, start, wa
from tests.faults import importing
from tests.faults.leftovers import MARK, living, none_left
from tests.faults.material import write_chat
from tests.imports.state import checksums
from tests.postgres import TemporaryServer
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context

MOMENTS = 20
FRESH_EVERY = 4
MESSAGES, PICTURES = 20_000, 30


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chat(
        tmp_path_factory.mktemp("phone") / "WhatsApp Chat with Allotment.zip", messages=MESSAGES, pictures=PICTURES
    )


class Archives:
    """One archive after the other, each as fresh as the first."""

    def __init__(self, server: TemporaryServer, template: str, folder: Path) -> None:
        self._server, self._template, self._folder = server, template, folder
        self._made: list[str] = []

    def fresh(self) -> Context:
        name = f"t_{uuid4().hex[:16]}"
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as conn:
            conn.execute(f"create database {name} template {self._template}")
        self._made.append(name)
        home = self._folder / name
        home.mkdir()
        return Context(Settings(database_url=self._server.url(name), home=home), self._server.url(name), "")

    def drop(self) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as conn:
            for name in self._made:
                conn.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def wanted(
    pg_server: TemporaryServer, migrated_template: str, export: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """What an undisturbed import leaves."""
    archives = Archives(pg_server, migrated_template, tmp_path_factory.mktemp("undisturbed"))
    ctx = archives.fresh()
    importing.run(ctx.archive_url, ctx.settings.home, export)
    yield checksums(ctx)
    archives.drop()


@pytest.fixture
def archives(pg_server: TemporaryServer, migrated_template: str, wa_home: Path) -> Iterator[Archives]:
    made = Archives(pg_server, migrated_template, wa_home)
    yield made
    made.drop()


class Steps:
    """Imports in forks of one process that has loaded everything, so that a moment is one of the import's own."""

    def __init__(self, mark: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.importing"],
            env=environment({MARK: mark}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, ctx: Context, export: Path) -> int:
        """Begin an import; the id of its process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([ctx.archive_url, str(ctx.settings.home), str(export)]) + "\n")
        self._process.stdin.flush()
        first, second = self._line(), self._line()
        # Parent and child write to one pipe, in either order.
        assert "begins" in (first, second)
        return int(second if first == "begins" else first)

    def ended(self) -> int:
        """Wait for its end; its exit code, or minus the signal that killed it."""
        return int(self._line())

    def run(self, ctx: Context, export: Path) -> float:
        """An import to its end; the seconds it took."""
        self.start(ctx, export)
        began = time.monotonic()
        assert self.ended() == 0
        return time.monotonic() - began

    def close(self) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def mark() -> str:
    return uuid4().hex


@pytest.fixture
def steps(wa_home: Path, mark: str) -> Iterator[Steps]:
    running = Steps(mark)
    yield running
    running.close()


def done(ctx: Context) -> bool:
    with ctx.connect() as conn:
        return conn.execute("select 1 from import_runs where state = 'done'").fetchone() is not None


def messages(ctx: Context) -> int:
    with ctx.connect() as conn:
        row = conn.execute("select count(*) from messages").fetchone()
    assert row is not None
    return int(row[0])


def test_killed_at_any_moment(archives: Archives, export: Path, steps: Steps, mark: str) -> None:
    undisturbed = archives.fresh()
    seconds = steps.run(undisturbed, export)
    wanted = checksums(undisturbed)
    assert messages(undisturbed) == MESSAGES
    rng = random.Random(7)
    killed, written = 0, []
    while killed < MOMENTS:
        ctx = archives.fresh()
        for _ in range(FRESH_EVERY):
            pid = steps.start(ctx, export)
            began = time.monotonic()
            time.sleep(rng.uniform(0, seconds))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            if steps.ended() == 0 or done(ctx):
                seconds = min(seconds, time.monotonic() - began)
                break
            killed += 1
            written.append(messages(ctx))
        if not done(ctx):
            steps.run(ctx, export)
        assert checksums(ctx) == wanted, f"after {killed} kills, with {written} messages there"
    steps.close()
    assert none_left(mark), living(mark)
    assert len(set(written)) > 1, "some came before the first batch, some after"


def test_a_killed_command_and_the_same_command_again(
    archives: Archives, export: Path, monkeypatch: pytest.MonkeyPatch, beside: None, wanted: dict[str, str]
) -> None:
    ctx, mark = archives.fresh(), uuid4().hex
    for name, value in (("DATABASE_URL", ctx.archive_url), ("WA_HOME", str(ctx.settings.home)), (MARK, mark)):
        monkeypatch.setenv(name, value)
    for least in (0, 1):
        process = start("import", "--tz", "Europe/London", export)
        _wait_for_messages(ctx, least, process)
        process.kill()
        process.communicate()
        assert none_left(mark), living(mark)
    again = wa("import", "--json", "--tz", "Europe/London", export)
    assert (again.code, again.err) == (0, "")
    (report,) = again.json["exports"]  # type: ignore[misc]
    assert report["inserted"] + report["duplicates"] == report["messages"] == MESSAGES
    assert checksums(ctx) == wanted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_the_user(
    archives: Archives, export: Path, steps: Steps, beside: None, wanted: dict[str, str], number: signal.Signals
) -> None:
    ctx, mark = archives.fresh(), uuid4().hex
    variables = {"DATABASE_URL": ctx.archive_url, "WA_HOME": str(ctx.settings.home), MARK: mark}
    process = start("import", "--tz", "Europe/London", export, **variables)
    _wait_for_messages(ctx, 1, process)
    # A terminal's Ctrl-C goes to the whole group; a SIGTERM to the one process.
    _signal(process, number)
    out, err = process.communicate(timeout=60)
    # On a terminal the line begins with ^C, so the sentence has one of its own.
    assert (process.returncode, out, err.strip()) == (130, b"", b"wa: stopped")
    assert none_left(mark), living(mark)
    with ctx.connect() as conn:
        state = conn.execute("select state from import_runs").fetchone()
    assert state == ("failed",)
    assert not [path for path in (ctx.settings.home / "tmp").rglob("*") if path.is_file()]
    steps.run(ctx, export)
    assert checksums(ctx) == wanted


@pytest.mark.parametrize("cut", ["datname = current_database()", "datname is not null"], ids=["archive", "every"])
def test_the_connections_cut_in_the_middle(
    archives: Archives, export: Path, steps: Steps, beside: None, wanted: dict[str, str], cut: str
) -> None:
    """As a restart of PostgreSQL does: those of the archive, or Dagster's too."""
    ctx = archives.fresh()
    variables = {"DATABASE_URL": ctx.archive_url, "WA_HOME": str(ctx.settings.home)}
    process = start("import", "--tz", "Europe/London", export, **variables)
    _wait_for_messages(ctx, 1, process)
    with ctx.connect() as conn:
        conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            f" where {cut} and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert out == b""
    assert err.startswith(b"wa: ")
    assert err.count(b"\n") == 1, err
    steps.run(ctx, export)
    assert checksums(ctx) == wanted


def _wait_for_messages(ctx: Context, least: int, process: subprocess.Popen[bytes]) -> None:
    """Until the import runs and has written so many messages."""
    deadline = time.monotonic() + 120
    with ctx.connect(autocommit=True) as conn:
        while time.monotonic() < deadline:
            row = conn.execute(
                "select count(*) from import_runs where state = 'running' and inserted >= %s", (least,)
            ).fetchone()
            if row and row[0]:
                return
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
    raise AssertionError("the import never got there")


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
