"""The step of `wa import` alone, many times over: each in a fork to be killed, of a process that has loaded the code.

A line of standard input names the archive, the home and the file; the answers are the fork's id, "begins" when the
import does, and the code it ended with.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import wa_pipeline.extract
import wa_pipeline.storage.local
from wa_pipeline.settings import Settings
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.exports import import_export, register_export


def main() -> None:
    for line in sys.stdin:
        url, home, file = json.loads(line)
        child = os.fork()
        if child == 0:
            run(url, Path(home), Path(file))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(url: str, home: Path, file: Path) -> None:
    ctx = Context(Settings(database_url=url, home=home), url, "")
    ensure_bucket(ctx)
    key = register_export(ctx, file, tz="Europe/London")
    print("begins", flush=True)
    import_export(ctx, key)
    ctx.close()


if __name__ == "__main__":
    assert wa_pipeline.extract, "loaded once, before the forks"
    main()
