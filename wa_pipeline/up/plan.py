"""Which processes `wa up` runs, and where people find them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from wa_pipeline.instance.home import environment
from wa_pipeline.settings import REPOSITORY, Settings
from wa_pipeline.up.children import Child
from wa_pipeline.up.ports import free_port

LOCATION = "wa_pipeline"


@dataclass(frozen=True)
class Plan:
    """The processes, in the order they start; `settings` with the ports they really get, `door` the code server's
    socket."""

    settings: Settings
    dagster_link: str
    door: Path
    code: Child
    webserver: Child
    daemon: Child
    console: Child
    listen: Child

    @property
    def children(self) -> tuple[Child, ...]:
        return (self.code, self.webserver, self.daemon, self.console, self.listen)


def make_plan(settings: Settings, dagster_url: str, scratch: Path) -> Plan:
    """Choose ports and command lines. `scratch` is an empty folder with a short path, for the code server's socket.

    One code server serves the web server, the daemon and every run: each would load the code for itself otherwise.
    Raises `PortTaken`.
    """
    dagster_port = free_port(
        settings.dagster_host, settings.dagster_port, what="the Dagster UI", variable="WA_DAGSTER_PORT"
    )
    console_port = free_port(
        settings.console_host,
        settings.console_port,
        what="the console",
        variable="WA_CONSOLE_PORT",
        exactly=settings.public_url is not None,
    )
    listen_port = free_port(settings.listen_host, settings.listen_port, what="webhooks", variable="WA_LISTEN_PORT")
    chosen = settings.model_copy(
        update={"dagster_port": dagster_port, "console_port": console_port, "listen_port": listen_port}
    )
    env = {
        **os.environ,
        **environment(settings, dagster_url),
        "WA_CONSOLE_PORT": str(console_port),
        "WA_DAGSTER_PORT": str(dagster_port),
        "WA_LISTEN_PORT": str(listen_port),
        "PYTHONUNBUFFERED": "1",
    }
    socket = scratch / "code.sock"
    workspace = scratch / "workspace.yaml"
    workspace.write_text(
        f"load_from:\n  - grpc_server: {{socket: '{socket}', host: localhost, location_name: {LOCATION}}}\n"
    )
    logs = settings.home / "logs"

    def child(name: str, *arguments: str) -> Child:
        return Child(name, [sys.executable, *arguments], env, REPOSITORY, logs / f"{name}.log")

    return Plan(
        chosen,
        f"http://{_bracketed(settings.dagster_host)}:{dagster_port}",
        socket,
        code=child("code", "-m", "wa_pipeline.up.code_server", str(socket), LOCATION),
        webserver=child(
            "webserver", "-m", "dagster_webserver", "-w", str(workspace), "-h", settings.dagster_host,
            "-p", str(dagster_port), "--dagster-log-level", "warning",
        ),
        daemon=child("daemon", "-m", "dagster._daemon", "run", "-w", str(workspace), "--log-level", "warning"),
        console=child("console", "-c", "from wa_pipeline.cli import main; main()", "console"),
        listen=child("listen", "-c", "from wa_pipeline.cli import main; main()", "listen"),
    )  # fmt: skip


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
