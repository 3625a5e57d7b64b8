"""A job run in this very process and recorded by Dagster: what `wa import`, `wa migrate` and their like do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from wa_pipeline.archive import db
from wa_pipeline.errors import DagsterUnreachable, DatabaseUnreachable, RunFailed, WaError
from wa_pipeline.instance.home import environment
from wa_pipeline.instance.signals import stoppable
from wa_pipeline.instance.url import libpq_url

if TYPE_CHECKING:
    import dagster as dg

    from wa_pipeline.steps.context import Context, Progress

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RecordedRun:
    """A run that succeeded: what each asset reported, by its key, and whether each check passed, by its name."""

    run_id: str
    job: str
    metadata: Mapping[str, Mapping[str, object]]
    checks: Mapping[str, bool]


def run_job(
    ctx: Context,
    job: str,
    *,
    partition_key: str | None = None,
    tags: Mapping[str, str] | None = None,
    run_config: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> RecordedRun:
    """Run a job of the code location here and now, over the open context, recorded on the real instance.

    The key of a chat export is added to the partitions first. `progress` is given the steps' counts as they go.
    A step that fails raises its own `WaError`, anything else that goes wrong is a `RunFailed`; Ctrl-C and SIGTERM end
    the run, let the step give its leases back, and raise `KeyboardInterrupt`. Call it from the main thread.
    """
    from wa_pipeline.defs.resources import Archive

    with open_instance(ctx) as instance:
        definition = _definitions().resolve_job_def(job)
        if partition_key is not None:
            _make_partition(instance, definition, partition_key)
        with stoppable(), _told_in_one_sentence(job):
            result = definition.execute_in_process(
                instance=instance,
                partition_key=partition_key,
                tags={"wa/by": "command", **(tags or {})},
                run_config={**QUIET, **(run_config or {})},
                resources={"archive": Archive(ctx, progress)},
            )
    return RecordedRun(result.run_id, job, _metadata(result), _checks(result))


def _make_partition(instance: dg.DagsterInstance, definition: dg.JobDefinition, partition_key: str) -> None:
    import dagster as dg

    partitions = definition.partitions_def
    if isinstance(partitions, dg.DynamicPartitionsDefinition):
        instance.add_dynamic_partitions(str(partitions.name), [partition_key])


@cache
def _definitions() -> dg.Definitions:
    from wa_pipeline.definitions import defs

    return defs()


@contextmanager
def open_instance(ctx: Context) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance of this home. Raises `DagsterUnreachable` where its database cannot be used."""
    import dagster as dg
    import sqlalchemy.exc

    os.environ.update(environment(ctx.settings, ctx.dagster_url))
    # Dagster itself would try for ten seconds before it says that nobody answers.
    place = libpq_url(ctx.dagster_url)
    try:
        db.connect(place).close()
        instance = dg.DagsterInstance.get()
    except DatabaseUnreachable as error:
        raise DagsterUnreachable(where=error.facts["where"], reason=error.facts["reason"]) from None
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise DagsterUnreachable(where=db.where(place), reason=db.reason(error.__cause__ or error)) from None
    with instance:
        yield instance


@contextmanager
def _told_in_one_sentence(job: str) -> Iterator[None]:
    import dagster as dg
    from dagster._core.errors import DagsterExecutionInterruptedError

    try:
        yield
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    except dg.Failure as failure:
        if isinstance(failure.__cause__, WaError):
            raise failure.__cause__ from None
        raise RunFailed(job=job, reason=failure.description or "no reason given") from failure
    except Exception as error:
        raise RunFailed(job=job, reason=type(error).__name__) from error


def _metadata(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, object]]:
    return {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def _checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
