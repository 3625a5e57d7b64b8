"""Runs whose process is gone: after a power cut or a kill -9 they would stay "started" and hold their pool's slot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from wa_pipeline.archive import processes
from wa_pipeline.instance.marks import is_gone

if TYPE_CHECKING:
    import dagster as dg

UNMARKED_SECONDS = 180.0
"""A run notes its process within a second or two of starting; one that has not by then died before it could."""


def reconcile(instance: dg.DagsterInstance, conn: psycopg.Connection) -> list[str]:
    """Fail the runs whose process has ended without saying so; returns their ids.

    Only runs of this host are judged: another host's are its own to tell. Their work is safe, since every step can be
    done again, and leases on media run out by themselves.
    """
    import dagster as dg

    open_statuses = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    records = instance.get_run_records(dg.RunsFilter(statuses=open_statuses))
    marks = processes.marks(conn, [record.dagster_run.run_id for record in records])
    failed = []
    for record in records:
        run = record.dagster_run
        mark = marks.get(run.run_id)
        if mark is None:
            since = record.start_time or record.create_timestamp.timestamp()
            gone = run.status != dg.DagsterRunStatus.STARTING and time.time() - since > UNMARKED_SECONDS
        else:
            gone = bool(is_gone(mark))
        if gone and _still_open(instance, run.run_id):
            _close(instance, run)
            failed.append(run.run_id)
    return failed


def _still_open(instance: dg.DagsterInstance, run_id: str) -> bool:
    # The process may have ended in the ordinary way since the list was read.
    run = instance.get_run_by_id(run_id)
    return run is not None and not run.is_finished


def _close(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    import dagster as dg

    if run.status == dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, "The run's process ended while it was being canceled.")
    else:
        instance.report_run_failed(run, "The run's process ended without a word: killed, or its machine went down.")
    if instance.event_log_storage.supports_global_concurrency_limits:
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
