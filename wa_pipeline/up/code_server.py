"""`python -m wa_pipeline.up.code_server SOCKET LOCATION`: Dagster's code server, whose runs begin at once.

`dagster api grpc` starts an interpreter for each run, which imports Dagster and the definitions: two seconds of a core
before the first line of a step. Here each run is forked from a process that has imported them and does nothing else: it
holds no connection, no thread and no engine. All else is as that command does it.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
from multiprocessing import forkserver

DEFINITIONS = "wa_pipeline.definitions"
PRELOADED = (
    "dagster._grpc.impl",
    DEFINITIONS,
    "wa_pipeline.instance.storage",
    "wa_pipeline.steps.discover",
    "wa_pipeline.steps.enrich",
    "wa_pipeline.steps.interpret",
    "wa_pipeline.steps.session",
)


def serve(socket: str, location: str) -> None:
    """Serve the definitions on a Unix socket until SIGTERM or Ctrl-C."""
    import logging
    import os

    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
    from dagster._core.utils import FuturesAwareThreadPoolExecutor
    from dagster._grpc.server import DagsterApiServer, DagsterGrpcServer
    from dagster._utils.interrupts import setup_interrupt_handlers
    from dagster._utils.log import configure_loggers

    setup_interrupt_handlers()
    configure_loggers(log_level="WARNING")
    logger = logging.getLogger("dagster.code_server")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    forkserver.ensure_running()
    ended, threads = threading.Event(), FuturesAwareThreadPoolExecutor()
    origin = LoadableTargetOrigin(
        executable_path=sys.executable, module_name=DEFINITIONS, working_directory=os.getcwd()
    )
    servicer = DagsterApiServer(ended, logger, threads, loadable_target_origin=origin, location_name=location)
    servicer._mp_ctx = context  # type: ignore[assignment]
    server = DagsterGrpcServer(ended, servicer, logger, threads, socket=socket)
    try:
        server.serve()  # type: ignore[no-untyped-call]
    except KeyboardInterrupt:
        logger.info("The code server was interrupted")


if __name__ == "__main__":
    serve(*sys.argv[1:])
