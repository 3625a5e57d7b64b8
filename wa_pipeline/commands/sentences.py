"""Any failure in one sentence."""

from __future__ import annotations

import errno

from wa_pipeline.errors import DatabaseRefused, RunFailed, WaError

DISK_FULL = "the disk is full: free some space and run the command again, nothing is lost"
READ_ONLY = "the database is read-only (a Supabase project over its quota is): make room or upgrade, then run it again"


def sentence(error: BaseException) -> str:
    """One line for any failure: our own message, or the plain reason of a disk or a database that refused."""
    import psycopg

    from wa_pipeline.archive.db import reason

    if isinstance(error, RunFailed) and isinstance(error.__cause__, OSError | psycopg.Error):
        return sentence(error.__cause__)
    if _disk_full(error):
        return DISK_FULL
    if isinstance(error, WaError):
        return str(error)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return READ_ONLY
    if isinstance(error, psycopg.Error):
        return f"the database refused: {error.diag.message_primary or reason(error)}"
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    words = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {words} (WA_DEBUG=1 shows where)"


def concerns_one_file(error: Exception) -> bool:
    """Whether an import that ended so says nothing about the next file's; a missing disk, store or database does."""
    import psycopg

    from wa_pipeline.errors import ExportError

    if isinstance(error, psycopg.Error) or _disk_full(error) or _disk_full(error.__cause__):
        return False
    return isinstance(error, ExportError | RunFailed | DatabaseRefused | OSError)


def _disk_full(error: BaseException | None) -> bool:
    import psycopg

    if isinstance(error, DatabaseRefused):
        return error.facts.get("code") == psycopg.errors.DiskFull.sqlstate
    return isinstance(error, psycopg.errors.DiskFull) or (isinstance(error, OSError) and error.errno == errno.ENOSPC)
