"""The schema: plain SQL files, numbered, idempotent, forward only, applied once each and remembered.

No kept tool runs plain idempotent SQL files with content checksums from Python; this one does no more than that.
"""

from __future__ import annotations

from wa_pipeline.archive.migrations.files import MigrationFile, load
from wa_pipeline.archive.migrations.history import check_version
from wa_pipeline.archive.migrations.runner import MigrationReport, migrate
from wa_pipeline.archive.migrations.supabase import export_supabase
from wa_pipeline.archive.migrations.verify import VerifyReport, verify

__all__ = [
    "MigrationFile",
    "MigrationReport",
    "VerifyReport",
    "check_version",
    "export_supabase",
    "load",
    "migrate",
    "verify",
]
