"""`wa import` without Dagster around it: the step alone, in a process to be killed. Says when it begins."""

from __future__ import annotations

import sys
from pathlib import Path

from wa_pipeline.settings import load_settings
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import open_context
from wa_pipeline.steps.exports import import_export, register_export


def main() -> None:
    with open_context(load_settings()) as ctx:
        ensure_bucket(ctx)
        key = register_export(ctx, Path(sys.argv[1]), tz="Europe/London")
        print("begins", flush=True)
        import_export(ctx, key)


if __name__ == "__main__":
    main()
