"""Export files: registered by content, found in the folder they are dropped in, imported."""

from __future__ import annotations

import hashlib
import re
import time
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from wa_pipeline.archive import import_runs
from wa_pipeline.errors import ExportGone, NotAGroupId
from wa_pipeline.steps.chats import GROUP_JID
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.import_export import import_export, rehearse_export, zone_of
from wa_pipeline.steps.import_report import ImportReport

SETTLED_SECONDS = 3
SUFFIXES = frozenset({".zip", ".txt"})


@dataclass(frozen=True)
class DroppedExport:
    """A file in the export folder. `ready` = it can be imported at once; otherwise `reason` says what it waits for."""

    export_key: str
    path: Path
    ready: bool
    reason: str | None
    done: bool
    tz: str | None = None
    """The zone it is read in: the one it was registered with, else WA_EXPORT_TZ."""


def register_export(
    ctx: Context, path: Path, *, tz: str | None = None, date_order: str | None = None, group: str | None = None
) -> str:
    """Make an export known, with the options it is to be read with; returns its key, `<slug>-<sha256[:12]>`.

    The key is the name of its Dagster partition. The same bytes have the same key wherever they lie. Options are kept
    for the next try, so those that can never do are refused here: `UnknownTimeZone`, `NotAGroupId`.
    """
    path = path.absolute()
    if not path.is_file():
        raise ExportGone(file=path.name, path=path.parent)
    if tz is not None:
        zone_of(path, tz)
    if group is not None and not GROUP_JID.match(group):
        raise NotAGroupId(group=group)
    sha256 = file_sha256(path)
    key = export_key(path, sha256)
    with ctx.connect() as conn:
        options = {"tz": tz, "date_order": date_order, "group": group}
        import_runs.register(conn, key, path, sha256, options)
    return key


def scan_folder(ctx: Context) -> list[DroppedExport]:
    """The export files in the folder, oldest first. A file still being copied is left for the next look."""
    folder = ctx.settings.exports_folder
    if not folder.is_dir():
        return []
    with ctx.connect() as conn:
        known = import_runs.known_files(conn)
    files = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()),
        key=lambda path: (path.stat().st_mtime, path.name),
    )
    return [_dropped(ctx, path, known) for path in files if time.time() - path.stat().st_mtime > SETTLED_SECONDS]


def export_key(path: Path, sha256: str) -> str:
    """`<slug>-<sha256[:12]>`: letters, digits and hyphens only, since Dagster does not check dynamic partition keys."""
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-")
    return f"{slug or 'export'}-{sha256[:12]}"


def file_sha256(path: Path) -> str:
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1024)
def _sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dropped(ctx: Context, path: Path, known: dict[str, tuple[str, str | None, str | None]]) -> DroppedExport:
    key = export_key(path, file_sha256(path))
    state, reason, asked = known.get(key, ("new", None, None))
    tz = asked or ctx.settings.export_tz
    if state in ("done", "failed", "running"):
        return DroppedExport(key, path, ready=False, reason=reason or state, done=state == "done", tz=tz)
    if not tz:
        reason = f"{path.name} waits: set WA_EXPORT_TZ, or import it with wa import --tz"
        return DroppedExport(key, path, ready=False, reason=reason, done=False)
    return DroppedExport(key, path, ready=True, reason=None, done=False, tz=tz)


__all__ = [
    "DroppedExport",
    "ImportReport",
    "export_key",
    "import_export",
    "register_export",
    "rehearse_export",
    "scan_folder",
]
