"""An import that is killed, stopped or cut off, and run again, leaves the rows of one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.commands.shell import environment, start, wa
from tests.faults.leftovers import MARK, living, none_left
from tests.faults.material import write_chat
from tests.imports.state import checksums
from tests.postgres import TemporaryServer
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context

MOMENTS = 20
FRESH_EVERY = 5
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


@pytest.fixture
def archives(pg_server: TemporaryServer, migrated_template: str, wa_home: Path) -> Iterator[Archives]:
    made = Archives(pg_server, migrated_template, wa_home)
    yield made
    made.drop()


def start_step(ctx: Context, export: Path, mark: str) -> subprocess.Popen[str]:
    """The import in a process of its own, once it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.importing", str(export)],
        env=environment({"DATABASE_URL": ctx.archive_url, "WA_HOME": str(ctx.settings.home), MARK: mark}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


def run_step(ctx: Context, export: Path) -> float:
    """The import to its end; how long it took from where it began."""
    process = start_step(ctx, export, "undisturbed")
    began = time.monotonic()
    assert process.wait(120) == 0
    return time.monotonic() - began


def done(ctx: Context) -> bool:
    with ctx.connect() as conn:
        return conn.execute("select 1 from import_runs where state = 'done'").fetchone() is not None


def messages(ctx: Context) -> int:
    with ctx.connect() as conn:
        row = conn.execute("select count(*) from messages").fetchone()
    assert row is not None
    return int(row[0])


def test_killed_at_any_moment(archives: Archives, export: Path) -> None:
    undisturbed = archives.fresh()
    seconds = run_step(undisturbed, export)
    wanted = checksums(undisturbed)
    assert messages(undisturbed) == MESSAGES
    rng = random.Random(7)
    mark, hit = uuid4().hex, 0
    for round_of in range(MOMENTS // FRESH_EVERY):
        ctx = archives.fresh()
        for _ in range(FRESH_EVERY):
            process = start_step(ctx, export, mark)
            time.sleep(rng.uniform(0, seconds))
            process.kill()
            process.wait()
            if done(ctx):
                break
            hit += 1
        assert none_left(mark), living(mark)
        if not done(ctx):
            run_step(ctx, export)
        assert checksums(ctx) == wanted, f"round {round_of}"
    assert hit >= MOMENTS // 2


def test_a_killed_command_and_the_same_command_again(
    archives: Archives, export: Path, monkeypatch: pytest.MonkeyPatch, beside: None
) -> None:
    wanted = archives.fresh()
    run_step(wanted, export)
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
    assert checksums(ctx) == checksums(wanted)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_the_user(archives: Archives, export: Path, beside: None, number: signal.Signals) -> None:
    wanted = archives.fresh()
    run_step(wanted, export)
    ctx, mark = archives.fresh(), uuid4().hex
    variables = {"DATABASE_URL": ctx.archive_url, "WA_HOME": str(ctx.settings.home), MARK: mark}
    process = start("import", "--tz", "Europe/London", export, **variables)
    _wait_for_messages(ctx, 1, process)
    # A terminal's Ctrl-C goes to the whole group; a SIGTERM to the one process.
    _signal(process, number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"wa: stopped\n")
    assert none_left(mark), living(mark)
    with ctx.connect() as conn:
        state = conn.execute("select state from import_runs").fetchone()
    assert state == ("failed",)
    assert not [path for path in (ctx.settings.home / "tmp").rglob("*") if path.is_file()]
    again = wa("import", "--json", "--tz", "Europe/London", export, **variables)
    assert again.code == 0, again.err
    assert checksums(ctx) == checksums(wanted)


def test_the_connection_cut_in_the_middle(archives: Archives, export: Path, beside: None) -> None:
    wanted = archives.fresh()
    run_step(wanted, export)
    ctx = archives.fresh()
    variables = {"DATABASE_URL": ctx.archive_url, "WA_HOME": str(ctx.settings.home)}
    process = start("import", "--tz", "Europe/London", export, **variables)
    _wait_for_messages(ctx, 1, process)
    with ctx.connect() as conn:
        conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert out == b""
    assert err.startswith(b"wa: ")
    assert err.count(b"\n") == 1, err
    again = wa("import", "--json", "--tz", "Europe/London", export, **variables)
    assert again.code == 0, again.err
    assert checksums(ctx) == checksums(wanted)


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
