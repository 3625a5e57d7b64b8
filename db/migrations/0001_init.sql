-- The tables, indexes and extensions the archive is built on.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set search_path = public, extensions;

-- === EXTENSIONS ===
-- Supabase keeps extensions in a schema of that name; plain PostgreSQL has no such schema and takes them in public.
do $$
begin
  if to_regnamespace('extensions') is not null then
    create extension if not exists "uuid-ossp" with schema extensions;
    create extension if not exists "pg_trgm" with schema extensions;
  end if;
end$$;
create extension if not exists "uuid-ossp";
create extension if not exists "pg_trgm";

-- === GROUPS ===
create table if not exists public.groups (
  id uuid primary key default uuid_generate_v4(),
  wa_group_id text not null unique,
  name text not null,
  monitor boolean not null default false,
  last_seen_ts timestamptz,
  created_at timestamptz not null default now()
);
create index if not exists groups_monitor_idx on public.groups (monitor);
create index if not exists groups_last_seen_ts_idx on public.groups (last_seen_ts);
create index if not exists groups_name_trgm_idx on public.groups using gin (name gin_trgm_ops);

-- === MEDIA ===
create table if not exists public.media (
  id uuid primary key default uuid_generate_v4(),
  sha256 char(64) not null unique,
  mime text not null,
  bytes bigint not null,
  width int,
  height int,
  duration_s numeric(10,3),
  storage_path text not null,
  ocr_text text,
  asr_text text,
  meta jsonb not null default '{}'::jsonb,
  created_at timestamptz not null default now()
);
create index if not exists media_phash_idx on public.media ((meta->>'phash'));
create index if not exists media_ocr_trgm on public.media using gin (ocr_text gin_trgm_ops);
create index if not exists media_asr_trgm on public.media using gin (asr_text gin_trgm_ops);

-- === MESSAGES ===
create table if not exists public.messages (
  id uuid primary key default uuid_generate_v4(),
  wa_msg_id text not null unique,
  ts timestamptz not null,
  chat_id text not null,
  sender text not null,
  kind text not null check (kind in ('text','image','video','audio','doc','other')),
  text text,
  media_id uuid references public.media(id) on delete set null,
  group_id uuid references public.groups(id) on delete set null,
  parent_id uuid references public.messages(id) on delete set null,
  raw jsonb not null default '{}'::jsonb,
  created_at timestamptz not null default now()
);
create index if not exists messages_chat_ts_idx on public.messages (chat_id, ts desc);
create index if not exists messages_text_trgm on public.messages using gin (text gin_trgm_ops);
create index if not exists messages_kind_idx on public.messages (kind);
create index if not exists messages_group_idx on public.messages (group_id);
create index if not exists messages_ts_idx on public.messages (ts desc);

-- === TAGS ===
create table if not exists public.message_tags (
  message_id uuid references public.messages(id) on delete cascade,
  tag text not null,
  primary key (message_id, tag)
);
create index if not exists message_tags_tag_idx on public.message_tags (tag);

-- === BLOCK LISTS ===
create table if not exists public.block_groups (
  wa_group_id text primary key,
  reason text,
  created_at timestamptz not null default now()
);
create table if not exists public.block_senders (
  sender text primary key,
  reason text,
  created_at timestamptz not null default now()
);
create table if not exists public.block_keywords (
  keyword text primary key,
  created_at timestamptz not null default now()
);

-- === AUDIT LOG ===
create table if not exists public.audit_log (
  id uuid primary key default uuid_generate_v4(),
  kind text not null check (kind in ('connect','disconnect','reconnect','qr_generated','discovery','group_rename','ingest','error')),
  at timestamptz not null default now(),
  detail jsonb not null default '{}'::jsonb
);
create index if not exists audit_log_at_desc_idx on public.audit_log (at desc);
create index if not exists audit_log_kind_idx on public.audit_log (kind);

-- === WA SESSIONS ===
-- At most one row: 0003 holds that with a unique index, because a CHECK may not contain a subquery.
create table if not exists public.wa_sessions (
  id uuid primary key default uuid_generate_v4(),
  status text not null check (status in ('connected','connecting','disconnected')),
  wa_number text,
  wa_name text,
  creds_json jsonb not null default '{}'::jsonb,
  keys_json jsonb not null default '{}'::jsonb,
  detail jsonb not null default '{}'::jsonb, -- holds {qr, expiresAt, ...}
  last_status_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index if not exists wa_sessions_status_idx on public.wa_sessions (status);
create index if not exists wa_sessions_last_status_at_idx on public.wa_sessions (last_status_at desc);

-- === GOOGLE TOKENS (sealed by the application) ===
create table if not exists public.google_tokens (
  id uuid primary key default uuid_generate_v4(),
  google_user_id text not null unique,
  email text not null,
  name text,
  picture_url text,
  access_token_enc text not null,
  refresh_token_enc text,
  expiry timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists google_tokens_email_idx on public.google_tokens (email);

-- === RUNTIME FLAGS (what the console asks of the worker) ===
create table if not exists public.runtime_flags (
  key text primary key,
  value jsonb not null default '{}'::jsonb,
  updated_at timestamptz not null default now()
);

reset search_path;
reset statement_timeout;
reset client_min_messages;
