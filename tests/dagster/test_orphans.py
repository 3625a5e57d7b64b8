"""A run whose process was killed is failed; one that lives, here or on another host, is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from wa_pipeline.archive import processes
from wa_pipeline.archive.processes import ProcessMark
from wa_pipeline.instance.marks import is_gone, mark_of
from wa_pipeline.instance.orphans import reconcile
from wa_pipeline.recorded import open_instance
from wa_pipeline.steps.context import Context

REPOSITORY = Path(__file__).resolve().parents[2]
# A run that waits for a table lock this test holds: it is killed in the middle of its step.
RUN = """
from wa_pipeline.settings import load_settings
from wa_pipeline.steps.context import open_context
from wa_pipeline.recorded import run_job
with open_context(load_settings()) as ctx:
    run_job(ctx, "link_replies")
"""


def test_a_killed_run_is_failed(ctx: Context, database_url: str) -> None:
    with psycopg.connect(database_url) as holding:
        holding.execute("lock table public.messages in access exclusive mode")
        process = subprocess.Popen([sys.executable, "-c", RUN], cwd=REPOSITORY, env=dict(os.environ))
        with open_instance(ctx) as instance, ctx.connect(autocommit=True) as conn:
            run_id = _marked_run(conn, process)
            assert reconcile(instance, conn) == []
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert reconcile(instance, conn) == [run_id]
            run = instance.get_run_by_id(run_id)
            assert run is not None
            assert run.status == dg.DagsterRunStatus.FAILURE
            assert reconcile(instance, conn) == []


def test_sigint_ends_a_run_cleanly(ctx: Context, export: Path) -> None:
    code = RUN.replace('run_job(ctx, "link_replies")', 'import time; run_job(ctx, "import_export", partition_key="x")')
    slow = code.replace("from wa_pipeline.recorded", SLOW + "from wa_pipeline.recorded")
    process = subprocess.Popen([sys.executable, "-c", slow], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    with ctx.connect(autocommit=True) as conn:
        _marked_run(conn, process)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode != 0
    assert told.strip().endswith("KeyboardInterrupt")
    with open_instance(ctx) as instance:
        (run,) = instance.get_runs()
        assert run.is_finished


SLOW = """
import time
import wa_pipeline.steps.exports as exports
exports.import_export = lambda *given: time.sleep(60)
"""


@pytest.mark.parametrize(
    ("change", "gone"),
    [({}, False), ({"started": "1"}, True), ({"boot_id": "another boot"}, True), ({"host": "elsewhere"}, None)],
)
def test_a_process_is_told_apart_by_host_boot_and_start(change: dict[str, str], gone: bool | None) -> None:
    mark = mark_of()
    assert mark is not None
    assert is_gone(ProcessMark(**{**vars(mark), **change})) is gone


def test_a_run_of_another_host_is_its_own_to_judge(ctx: Context) -> None:
    @dg.job
    def nothing() -> None: ...

    with open_instance(ctx) as instance, ctx.connect() as conn:
        run = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
        processes.record(conn, run.run_id, ProcessMark("elsewhere", "boot", 1, "1"))
        assert reconcile(instance, conn) == []


def _marked_run(conn: psycopg.Connection, process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 40
    while True:
        row = conn.execute("select run_id from public.run_processes where pid = %s", (process.pid,)).fetchone()
        if row:
            return str(row[0])
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
