"""What Dagster loads: everything in defs/, and the two things its parts are given to work with."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from wa_pipeline.console.selfcheck import console_app
from wa_pipeline.defs.resources import Archive


@dg.definitions
def defs() -> dg.Definitions:
    """The code location `wa_pipeline`."""
    return dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
        dg.Definitions(
            # The last acceptance criterion asks the console, which lies beside defs/ and so is handed to it.
            resources={"archive": Archive(), "console": console_app},
            executor=dg.in_process_executor,
        ),
    )
