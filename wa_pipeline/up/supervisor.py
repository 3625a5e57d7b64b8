"""`wa up`: everything started in order, kept going, and stopped without leaving a process or a half-said run."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wa_pipeline.errors import ChildFailed, DatabaseOlder, NotReady
from wa_pipeline.instance.orphans import reconcile
from wa_pipeline.instance.signals import stoppable
from wa_pipeline.up import graphql
from wa_pipeline.up.children import Child
from wa_pipeline.up.claim import Claim, claimed
from wa_pipeline.up.plan import Plan, make_plan

if TYPE_CHECKING:
    import dagster as dg

    from wa_pipeline.steps.context import Context

READY_SECONDS = 120.0
RUNS_SECONDS = 25.0
CHILD_SECONDS = 10.0
VERIFY_EVERY = 86_400.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Links:
    """Where people go once all is up."""

    dagster: str
    console: str
    webhooks: str
    exports: str

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def run_up(ctx: Context, *, ready: Callable[[Links], None], say: Say) -> None:
    """Bring everything up over an open context, call `ready` with the links, and stay until SIGINT or SIGTERM.

    When this returns, every process it started is gone and no run is left half-said; the database is the context's.
    Raises `AlreadyUp`, `PortTaken`, `ChildFailed`, `NotReady`, and what the migration may raise.
    """
    from wa_pipeline.recorded import open_instance, run_job

    with claimed(ctx.settings.home / "run") as claim, stoppable(), _scratch() as scratch:
        if left := claim.end_leftovers():
            say(f"ended {left} processes an earlier `wa up` had left")
        ctx.settings.exports_folder.mkdir(parents=True, exist_ok=True)
        with open_instance(ctx) as instance:
            _reconcile(ctx, instance, say)
            stale = not _is_current(ctx, instance)
            if stale:
                run_job(ctx, "migrate", tags={"wa/by": "up"})
            plan = make_plan(ctx.settings, ctx.dagster_url, scratch)
            try:
                _start(plan, claim, say)
                ready(_links(plan))
                if stale or _is_unverified(instance):
                    graphql.launch(plan.dagster_link, "verify")
                _keep_going(plan, claim, say)
            except KeyboardInterrupt:
                say("stopping …")
            finally:
                _stop(plan, ctx, instance)


def _start(plan: Plan, claim: Claim, say: Say) -> None:
    plan.code.start()
    plan.console.start()
    plan.listen.start()
    _wait_for_door(plan)
    plan.webserver.start()
    plan.daemon.start()
    claim.write(plan.dagster_link, [child.mark() for child in plan.children])
    _wait_until_ready(plan)


def _wait_for_door(plan: Plan) -> None:
    """The web server gives up for a while on a code server that is not there, so it is started after it."""
    deadline = time.monotonic() + READY_SECONDS
    while not plan.door.exists():
        _alive(plan.code)
        if time.monotonic() > deadline:
            raise NotReady(what="the code server", seconds=int(READY_SECONDS), log=plan.code.log)
        time.sleep(0.05)


def _wait_until_ready(plan: Plan) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        for child in plan.children:
            _alive(child)
        try:
            missing = graphql.missing(plan.dagster_link) or _door_missing(plan)
        except graphql.CodeBroken as broken:
            raise ChildFailed(what="the code location", reason=str(broken).rstrip("."), log=plan.code.log) from None
        if missing is None:
            return
        if time.monotonic() > deadline:
            raise NotReady(what=missing, seconds=int(READY_SECONDS), log=plan.webserver.log)
        time.sleep(0.2)


def _door_missing(plan: Plan) -> str | None:
    """Which of our own doors does not answer yet."""
    settings = plan.settings
    doors = {
        "the console": (settings.console_host, settings.console_port),
        "the webhooks": (settings.listen_host, settings.listen_port),
    }
    for name, place in doors.items():
        try:
            socket.create_connection(place, timeout=2).close()
        except OSError:
            return name
    return None


def _alive(child: Child) -> None:
    if child.ended is not None:
        raise ChildFailed(what=f"the {child.name}", reason=child.last_words(), log=child.log)


def _keep_going(plan: Plan, claim: Claim, say: Say) -> None:
    """Until a signal: whatever dies is started again; what keeps dying ends everything, with a sentence."""
    while True:
        time.sleep(0.5)
        for child in plan.children:
            code = child.ended
            if code is None:
                continue
            if not child.may_restart():
                raise ChildFailed(what=f"the {child.name}", reason=child.last_words(), log=child.log)
            say(f"the {child.name} ended ({code}) and is started again; its log is {child.log}")
            child.stop(0)
            child.start()
            claim.write(plan.dagster_link, [each.mark() for each in plan.children])


def _stop(plan: Plan, ctx: Context, instance: dg.DagsterInstance) -> None:
    """The daemon first, so that nothing new begins; then the runs, while the code server that carries them is there;
    then the rest. A second signal on the way kills what is left at once."""
    grace = CHILD_SECONDS
    try:
        for child in (plan.daemon, plan.webserver, plan.console, plan.listen):
            child.ask_to_stop()
        plan.daemon.stop(grace)
        _cancel_runs(plan, instance)
    except KeyboardInterrupt:
        grace = 0
    finally:
        for child in plan.children:
            child.ask_to_stop()
        for child in reversed(plan.children):
            child.stop(grace)
        _reconcile(ctx, instance, lambda _: None)


def _cancel_runs(plan: Plan, instance: dg.DagsterInstance) -> None:
    """Ask every run of our code server to end, and give each the time to put its work down.

    What was queued stays queued, and imports cut off here are asked for again at the next start.
    """
    import dagster as dg

    going = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    deadline = time.monotonic() + RUNS_SECONDS
    asked: set[str] = set()
    while plan.code.ended is None and time.monotonic() < deadline:
        ours = [
            run
            for run in instance.get_runs(dg.RunsFilter(statuses=going))
            if str(plan.door) in run.tags.get("dagster/grpc_info", "")
        ]
        if not ours:
            return
        for run in ours:
            if run.run_id not in asked and run.status != dg.DagsterRunStatus.STARTING:
                asked.add(run.run_id)
                instance.report_run_canceling(run)
                instance.run_launcher.terminate(run.run_id)
        time.sleep(0.2)


def _reconcile(ctx: Context, instance: dg.DagsterInstance, say: Say) -> None:
    with ctx.connect() as conn:
        if failed := reconcile(instance, conn):
            say(f"{len(failed)} runs had lost their process and are marked as failed")


def _is_current(ctx: Context, instance: dg.DagsterInstance) -> bool:
    """Whether schema and bucket are as this program wants them, and Dagster knows it: then they are left alone, since
    making them anew would show their checks as not evaluated. Raises `DatabaseNewer`, and `StoreError`s."""
    import dagster as dg

    from wa_pipeline.archive.migrations import check_version

    try:
        with ctx.connect() as conn:
            check_version(conn)
    except DatabaseOlder:
        return False
    known = all(
        instance.get_latest_materialization_event(dg.AssetKey(asset)) for asset in ("schema", "wa_media_bucket")
    )
    return known and ctx.store.bucket_state().public is False


def _is_unverified(instance: dg.DagsterInstance) -> bool:
    """Whether the checks were last run before the schema was last made, or over a day ago."""
    import dagster as dg

    made = instance.get_latest_materialization_event(dg.AssetKey("schema"))
    wanted = dg.RunsFilter(job_name="verify", statuses=[dg.DagsterRunStatus.SUCCESS])
    last = instance.get_run_records(wanted, limit=1)
    if not last or made is None:
        return True
    return (last[0].start_time or 0) < max(made.timestamp, time.time() - VERIFY_EVERY)


def _links(plan: Plan) -> Links:
    from wa_pipeline.console import console_link

    settings = plan.settings
    webhooks = f"http://{settings.listen_host}:{settings.listen_port}/webhooks/"
    return Links(plan.dagster_link, console_link(settings), webhooks, str(settings.exports_folder))


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder only we may enter, with a path short enough for a socket's name, which has to fit in 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="wa-", dir="/tmp" if Path("/tmp").is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
