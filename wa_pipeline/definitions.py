"""What Dagster loads: everything in defs/, and the two things its parts are given to work with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from wa_pipeline.defs.resources import Archive

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from wa_pipeline.steps.context import Context


def console_app(ctx: Context) -> tuple[ASGIApp, str]:
    """The console over an open context, and the token that opens it; imported late, since only one check asks for it."""
    from wa_pipeline.console import console_token, create_app

    return create_app(ctx), console_token(ctx.settings)


@dg.definitions
def defs() -> dg.Definitions:
    """The code location `wa_pipeline`."""
    return dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
        dg.Definitions(
            resources={"archive": Archive(), "console": console_app},
            executor=dg.in_process_executor,
        ),
    )
