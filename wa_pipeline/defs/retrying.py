"""Another try for what failed."""

import dagster as dg
from pydantic import Field

from wa_pipeline.defs.resources import Archive


class Retry(dg.Config):
    """`ids` as `wa failures` lists them; none means every failure."""

    ids: list[str] = Field(default_factory=list)


@dg.op(out=dg.Out(dg.Nothing))
def make_due_again(context: dg.OpExecutionContext, config: Retry, archive: dg.ResourceParam[Archive]) -> None:
    """Puts failures back into their queues, where the next run of their step finds them."""
    from wa_pipeline.steps.failures import retry_failed

    with archive.open(run_id=context.run.run_id) as ctx:
        again = retry_failed(ctx, config.ids or None)
    context.add_output_metadata({"due_again": again})


@dg.job(description="Make failed imports and media due again, those named in the op's `ids` or all.")
def retry() -> None:
    make_due_again()
