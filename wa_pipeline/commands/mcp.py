"""`wa mcp`."""

from __future__ import annotations

import signal
from types import FrameType

import click


@click.command()
def mcp() -> None:
    """Let an assistant search and read the archive: the Model Context Protocol over standard input and output.

    It writes nothing. The assistant's own program starts it, with this command in its configuration.
    """
    from wa_pipeline.archive.migrations import check_version
    from wa_pipeline.errors import McpMissing
    from wa_pipeline.settings import load_settings
    from wa_pipeline.steps.context import open_context

    try:
        from wa_pipeline.assistant.archive import reading_only
        from wa_pipeline.assistant.server import make
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise McpMissing from None

    # An assistant's program ends this one by a signal; as an exception it lets the database close too.
    signal.signal(signal.SIGTERM, _interrupt)
    with open_context(load_settings()) as ctx, reading_only(ctx) as archive:
        archive.reader.read(check_version)
        make(archive).run("stdio")


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
