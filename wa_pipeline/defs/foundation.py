"""What everything else stands on: the tables, and the private bucket."""

import dagster as dg

from wa_pipeline.defs.reports import metadata, shown
from wa_pipeline.defs.resources import Archive

FOUNDATION = "foundation"


@dg.asset(group_name=FOUNDATION, kinds={"postgres", "sql"}, owners=["team:archive"])
def schema(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """The archive's tables, indexes, views and rights, as db/migrations says. Running it again changes nothing."""
    from wa_pipeline.steps.schema import migrate

    with archive.open(run_id=context.run.run_id, any_version=True) as ctx:
        report = migrate(ctx)
    return dg.MaterializeResult(metadata=metadata(report), data_version=dg.DataVersion(_version_of_files()))


@dg.asset(group_name=FOUNDATION, deps=["schema"], kinds={"storage"}, owners=["team:archive"])
def wa_media_bucket(
    context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]
) -> dg.MaterializeResult[None]:
    """The private bucket `wa-media`, where media lies by content. A bucket found public is reported, never flipped."""
    from wa_pipeline.steps.bucket import ensure_bucket

    with archive.open(run_id=context.run.run_id) as ctx:
        state = ensure_bucket(ctx)
        about = {"bucket": ctx.store.bucket, "where": ctx.store.where, "public": bool(state.public)}
    place = dg.DataVersion(f"{about['where']} {about['bucket']}")
    return dg.MaterializeResult(metadata=shown(about), data_version=place)


def _version_of_files() -> str:
    """The files as one hash: a run that changed nothing must not make every import downstream look out of date."""
    from hashlib import sha256

    from wa_pipeline.archive.migrations import load

    return sha256("".join(file.sha256 for file in load()).encode()).hexdigest()[:16]
