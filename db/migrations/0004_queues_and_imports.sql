-- Tables beside the first ones: what arrives, what is queued, what was replaced, and what was imported.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

-- === WA_INBOX ===
create table if not exists public.wa_inbox (
  id bigint generated always as identity primary key,
  source text not null,
  source_event_id text not null,
  received_at timestamptz not null default now(),
  payload json,
  body bytea,
  state text not null default 'new' check (state in ('new', 'done', 'waiting', 'skipped', 'dead')),
  reason text,
  error text,
  interpreted_at timestamptz,
  unique (source, source_event_id)
);
-- What is new, in order of arrival; a day's arrivals; what may go on when its message comes.
create index if not exists wa_inbox_new_idx on public.wa_inbox (id) where state = 'new';
create index if not exists wa_inbox_received_idx on public.wa_inbox (received_at);
create index if not exists wa_inbox_waiting_idx on public.wa_inbox (id) where state = 'waiting';
comment on table public.wa_inbox is 'Everything live, as it arrived, before anything interprets it. Confidential: no API, log or metadata shows it.';
comment on column public.wa_inbox.id is 'order of arrival';
comment on column public.wa_inbox.source is 'who delivered it: baileys, waha, evolution, gowa …';
comment on column public.wa_inbox.source_event_id is 'the source''s own id of the event, else a hash of the bytes taken on arrival; with source it refuses duplicates';
comment on column public.wa_inbox.received_at is 'arrival; its UTC day is the partition that replays the row';
comment on column public.wa_inbox.payload is 'the event, keys and secrets stripped once interpreted; type json keeps the escapes jsonb refuses; null where the body was not JSON or retention removed it';
comment on column public.wa_inbox.body is 'the untouched bytes of a body that is not JSON';
comment on column public.wa_inbox.state is 'new | done | waiting (for a message not there yet) | skipped (refused or not monitored) | dead (cannot be interpreted)';
comment on column public.wa_inbox.reason is 'why it is waiting or skipped, one word';
comment on column public.wa_inbox.error is 'why it is dead, one sentence without content';
comment on column public.wa_inbox.interpreted_at is 'when it was last interpreted';

-- === MEDIA_ENRICHMENT ===
create table if not exists public.media_enrichment (
  media_id uuid not null references public.media(id) on delete cascade,
  step text not null check (step in ('ocr', 'asr')),
  state text not null default 'pending' check (state in ('pending', 'running', 'done', 'failed', 'blocked')),
  attempts int not null default 0,
  engine text,
  engine_version text,
  language text,
  confidence real,
  duration_ms int,
  segments jsonb,
  error text,
  lease_owner text,
  lease_until timestamptz,
  next_attempt_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (media_id, step)
);
-- What is due (a running row too, once its lease has run out); what failed, latest first.
create index if not exists media_enrichment_due_idx on public.media_enrichment (step, next_attempt_at)
  where state in ('pending', 'running');
create index if not exists media_enrichment_failed_idx on public.media_enrichment (updated_at desc) where state = 'failed';
comment on table public.media_enrichment is 'Text still to be taken from media, and how each attempt went: a queue drained with for update skip locked and a lease.';
comment on column public.media_enrichment.media_id is 'the media';
comment on column public.media_enrichment.step is 'ocr (writes media.ocr_text) | asr (writes media.asr_text)';
comment on column public.media_enrichment.state is 'pending | running | done | failed (given up, see error) | blocked (the text held a blocked keyword and was not stored)';
comment on column public.media_enrichment.attempts is 'times it was tried';
comment on column public.media_enrichment.engine is 'engine that produced the text or the failure';
comment on column public.media_enrichment.engine_version is 'its version and model';
comment on column public.media_enrichment.language is 'language found or used';
comment on column public.media_enrichment.confidence is '0 to 1, as the engine reports it';
comment on column public.media_enrichment.duration_ms is 'time the last attempt took';
comment on column public.media_enrichment.segments is 'timed pieces of speech or per-page results';
comment on column public.media_enrichment.error is 'why the last attempt failed, one sentence without content';
comment on column public.media_enrichment.lease_owner is 'process that is working on it';
comment on column public.media_enrichment.lease_until is 'when another process may take it over';
comment on column public.media_enrichment.next_attempt_at is 'not before this';
comment on column public.media_enrichment.created_at is 'when it was queued';
comment on column public.media_enrichment.updated_at is 'when the row last changed';

-- === MEDIA_FETCH ===
create table if not exists public.media_fetch (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null unique references public.messages(id) on delete cascade,
  source text not null,
  state text not null default 'pending' check (state in ('pending', 'running', 'done', 'failed', 'expired', 'gone')),
  sha256 char(64) check (sha256 ~ '^[0-9a-f]{64}$'),
  mime text,
  bytes bigint,
  locator_enc text,
  attempts int not null default 0,
  error text,
  lease_owner text,
  lease_until timestamptz,
  next_attempt_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists media_fetch_due_idx on public.media_fetch (next_attempt_at) where state in ('pending', 'running');
create index if not exists media_fetch_failed_idx on public.media_fetch (updated_at desc) where state = 'failed';
comment on table public.media_fetch is 'Media a message names whose bytes are still to be downloaded.';
comment on column public.media_fetch.id is 'surrogate key';
comment on column public.media_fetch.message_id is 'the message it belongs to';
comment on column public.media_fetch.source is 'who can deliver it';
comment on column public.media_fetch.state is 'pending | running | done | failed (given up, see error) | expired (the link is too old) | gone (the source has it no more)';
comment on column public.media_fetch.sha256 is 'hash of the plain bytes where it is known before the download';
comment on column public.media_fetch.mime is 'type as announced';
comment on column public.media_fetch.bytes is 'size as announced';
comment on column public.media_fetch.locator_enc is 'sealed: keys and address of the download';
comment on column public.media_fetch.attempts is 'times it was tried';
comment on column public.media_fetch.error is 'why the last attempt failed, one sentence without content';
comment on column public.media_fetch.lease_owner is 'process that is working on it';
comment on column public.media_fetch.lease_until is 'when another process may take it over';
comment on column public.media_fetch.next_attempt_at is 'not before this';
comment on column public.media_fetch.created_at is 'when it was queued';
comment on column public.media_fetch.updated_at is 'when the row last changed';

-- === MESSAGE_VERSIONS ===
create table if not exists public.message_versions (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references public.messages(id) on delete cascade,
  text text,
  valid_until timestamptz,
  source text,
  recorded_at timestamptz not null default now()
);
-- One row per earlier text of a message, however often it is told.
create unique index if not exists message_versions_text_idx
  on public.message_versions (message_id, md5(coalesce(text, '')));
comment on table public.message_versions is 'What an edit replaced: the texts a message had before the one it has.';
comment on column public.message_versions.id is 'surrogate key';
comment on column public.message_versions.message_id is 'the message';
comment on column public.message_versions.text is 'the earlier text';
comment on column public.message_versions.valid_until is 'when the edit was made, where it is known';
comment on column public.message_versions.source is 'what told of it: an export''s key or a gateway';
comment on column public.message_versions.recorded_at is 'when it was written here';

-- === MESSAGE_REACTIONS ===
create table if not exists public.message_reactions (
  chat_id text not null,
  target_wa_msg_id text not null,
  sender text not null,
  emoji text not null default '',
  ts timestamptz not null,
  message_id uuid references public.messages(id) on delete cascade,
  primary key (chat_id, target_wa_msg_id, sender)
);
create index if not exists message_reactions_message_idx on public.message_reactions (message_id)
  where message_id is not null;
create index if not exists message_reactions_target_idx on public.message_reactions (target_wa_msg_id)
  where message_id is null;
comment on table public.message_reactions is 'The last reaction of each sender to each message. Reactions are never messages.';
comment on column public.message_reactions.chat_id is 'chat of the message';
comment on column public.message_reactions.target_wa_msg_id is 'messages.wa_msg_id it answers, which may arrive later';
comment on column public.message_reactions.sender is 'who reacted';
comment on column public.message_reactions.emoji is 'the reaction; empty = taken back, kept so that a late arrival cannot bring it again';
comment on column public.message_reactions.ts is 'when; an earlier one never replaces a later one';
comment on column public.message_reactions.message_id is 'the message, once it is there';

-- === JID_ALIASES ===
create table if not exists public.jid_aliases (
  lid text primary key,
  phone text not null,
  source text,
  seen_at timestamptz not null default now()
);
create index if not exists jid_aliases_phone_idx on public.jid_aliases (phone);
comment on table public.jid_aliases is 'Which phone number a LID (WhatsApp''s anonymous id) belongs to.';
comment on column public.jid_aliases.lid is '…@lid';
comment on column public.jid_aliases.phone is '…@s.whatsapp.net';
comment on column public.jid_aliases.source is 'what told of it';
comment on column public.jid_aliases.seen_at is 'when it was last told';

-- === GROUP_NAMES ===
create table if not exists public.group_names (
  wa_group_id text not null,
  name text not null,
  at timestamptz not null,
  source text,
  primary key (wa_group_id, at, name)
);
comment on table public.group_names is 'Every name a group is known to have had, so that an old rename arriving late changes nothing.';
comment on column public.group_names.wa_group_id is 'groups.wa_group_id';
comment on column public.group_names.name is 'the name it took';
comment on column public.group_names.at is 'when it took it';
comment on column public.group_names.source is 'what told of it';

-- === EXPORT_CHATS ===
create table if not exists public.export_chats (
  chat_key text primary key,
  title text not null,
  chat_id text not null,
  group_id uuid references public.groups(id) on delete set null,
  bound_at timestamptz,
  created_at timestamptz not null default now()
);
create index if not exists export_chats_chat_idx on public.export_chats (chat_id);
create index if not exists export_chats_group_idx on public.export_chats (group_id) where group_id is not null;
comment on table public.export_chats is 'Chats known from exports, which carry a title and no id.';
comment on column public.export_chats.chat_key is 'made of the title; part of wa_msg_id, so it never changes';
comment on column public.export_chats.title is 'the title as it was first seen';
comment on column public.export_chats.chat_id is 'messages.chat_id: export:<hash> until bound, then the group''s JID';
comment on column public.export_chats.group_id is 'the group';
comment on column public.export_chats.bound_at is 'when it was bound to a real group; null = not yet';
comment on column public.export_chats.created_at is 'when it was first seen';

-- === IMPORT_RUNS ===
create table if not exists public.import_runs (
  export_key text primary key,
  file text not null,
  path text not null,
  sha256 char(64) not null check (sha256 ~ '^[0-9a-f]{64}$'),
  options jsonb not null default '{}'::jsonb,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  reason text,
  chat_key text,
  chat_id text,
  tz text,
  date_order text check (date_order in ('dmy', 'mdy', 'ymd')),
  messages bigint not null default 0,
  inserted bigint not null default 0,
  duplicates bigint not null default 0,
  linked bigint not null default 0,
  media bigint not null default 0,
  system bigint not null default 0,
  edited bigint not null default 0,
  deleted bigint not null default 0,
  senders int,
  first_ts timestamptz,
  last_ts timestamptz,
  skipped jsonb not null default '[]'::jsonb,
  report jsonb,
  attempts int not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
);
create index if not exists import_runs_open_idx on public.import_runs (created_at) where state <> 'done';
create index if not exists import_runs_chat_idx on public.import_runs (chat_id);
comment on table public.import_runs is 'Each export file, what was asked and what came of it.';
comment on column public.import_runs.export_key is '<slug>-<first 12 of sha256>, the partition''s key';
comment on column public.import_runs.file is 'file name';
comment on column public.import_runs.path is 'where it lies';
comment on column public.import_runs.sha256 is 'hash of the file';
comment on column public.import_runs.options is 'what was asked: tz, date_order, group';
comment on column public.import_runs.state is 'waiting | running | done | failed';
comment on column public.import_runs.reason is 'why it waits or failed, one sentence';
comment on column public.import_runs.chat_key is 'export_chats.chat_key';
comment on column public.import_runs.chat_id is 'messages.chat_id of its rows';
comment on column public.import_runs.tz is 'IANA zone its times were read in';
comment on column public.import_runs.date_order is 'dmy | mdy | ymd';
comment on column public.import_runs.messages is 'headers read, system lines included';
comment on column public.import_runs.inserted is 'rows added over all attempts, counted in the transactions that added them';
comment on column public.import_runs.duplicates is 'rows that were there';
comment on column public.import_runs.linked is 'rows recognised as live messages';
comment on column public.import_runs.media is 'media files taken in';
comment on column public.import_runs.system is 'system lines among messages';
comment on column public.import_runs.edited is 'edits recorded';
comment on column public.import_runs.deleted is 'deletions recorded';
comment on column public.import_runs.senders is 'different senders';
comment on column public.import_runs.first_ts is 'earliest message';
comment on column public.import_runs.last_ts is 'latest message';
comment on column public.import_runs.skipped is 'what was left out, and why';
comment on column public.import_runs.report is 'the last finished import as wa import --json prints it';
comment on column public.import_runs.attempts is 'times it was started';
comment on column public.import_runs.created_at is 'when it was registered';
comment on column public.import_runs.started_at is 'last start';
comment on column public.import_runs.finished_at is 'last end';

-- === RUN_PROCESSES ===
create table if not exists public.run_processes (
  run_id text primary key,
  host text not null,
  boot_id text not null,
  pid int not null,
  process_started text not null,
  started_at timestamptz not null default now()
);
comment on table public.run_processes is 'Which process carries a Dagster run, so that runs whose process died are told from runs elsewhere.';
comment on column public.run_processes.run_id is 'Dagster''s run id';
comment on column public.run_processes.host is 'host name';
comment on column public.run_processes.boot_id is 'the host''s boot; another boot = the process is gone';
comment on column public.run_processes.pid is 'process id';
comment on column public.run_processes.process_started is 'the process''s start time as the system tells it, because ids are used again';
comment on column public.run_processes.started_at is 'when the row was written';

-- === GRANTS ===
-- As in 0003: nothing for the roles behind Supabase's public keys; discovery keeps names and never more.
do $$
declare
  client text;
  tab text;
begin
  foreach client in array array['anon', 'authenticated'] loop
    if to_regrole(client) is not null then
      foreach tab in array array['public.wa_inbox', 'public.media_enrichment', 'public.media_fetch', 'public.message_versions',
        'public.message_reactions', 'public.jid_aliases', 'public.group_names', 'public.export_chats',
        'public.import_runs', 'public.run_processes'] loop
        execute format('revoke all on table %s from %I', tab::regclass, client);
      end loop;
      execute format('revoke all on sequence public.wa_inbox_id_seq from %I', client);
    end if;
  end loop;
  if to_regrole('wa_discovery') is not null then
    grant select on public.jid_aliases to wa_discovery;
    grant select, insert on public.group_names to wa_discovery;
  end if;
end$$;

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
