"""Another try for what failed."""

from enum import Enum

import dagster as dg
from pydantic import Field

from wa_pipeline.defs.resources import Archive


class Words(Enum):
    """The steps that take words out of media."""

    ocr = "ocr"
    asr = "asr"


class Retry(dg.Config):
    """`ids` as `wa failures` lists them; none means every failure. `older`: instead, every file of these steps ("ocr",
    "asr") whose text another engine or version has read."""

    ids: list[str] = Field(default_factory=list)
    older: list[Words] = Field(default_factory=list)


@dg.op(out=dg.Out(dg.Nothing))
def make_due_again(context: dg.OpExecutionContext, config: Retry, archive: dg.ResourceParam[Archive]) -> None:
    """Puts failures, or what older engines have read, back into their queues, where the next run finds them."""
    from wa_pipeline.steps.again import read_again
    from wa_pipeline.steps.failures import retry_failed

    with archive.open(run_id=context.run.run_id) as ctx:
        again = (
            read_again(ctx, [step.value for step in config.older])
            if config.older
            else retry_failed(ctx, config.ids or None)
        )
    context.add_output_metadata({"due_again": again})


@dg.job(description="Make failures due again (those in the op's `ids`, or all), or what `older` engines read.")
def retry() -> None:
    make_due_again()
