-- What 0001 and 0002 need to hold their promises on a real server (docs/seed-findings.md shows each one).
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

-- === ONE SESSION ROW ===
-- Of several, the one that holds credentials stays, then the one that spoke last. A unique index on a constant keeps it
-- so, and gives 0002's `on conflict do nothing` something to conflict with.
do $$
begin
  if to_regclass('public.wa_sessions_single_row_idx') is null then
    lock table public.wa_sessions in share row exclusive mode;
    delete from public.wa_sessions where id <> (
      select id from public.wa_sessions
      order by (creds_json not in ('{}', 'null') or keys_json not in ('{}', 'null')) desc,
               last_status_at desc, created_at desc, id desc
      limit 1);
    create unique index wa_sessions_single_row_idx on public.wa_sessions ((true));
  end if;
end$$;

-- === CONTENT HASHES ===
-- char(64) pads short values and takes capitals, so one content could get two rows.
update public.media m set sha256 = lower(m.sha256)
where m.sha256 ~ '[A-F]' and not exists (select from public.media o where o.sha256 = lower(m.sha256)::bpchar);
do $$
begin
  if not exists (select from pg_constraint
                 where conrelid = 'public.media'::regclass and conname = 'media_sha256_hex_chk') then
    alter table public.media add constraint media_sha256_hex_chk check (sha256 ~ '^[0-9a-f]{64}$') not valid;
  end if;
  if exists (select from public.media where sha256 !~ '^[0-9a-f]{64}$') then
    raise warning 'media holds rows whose sha256 is not 64 lower-case hex digits; repair them, then run this file again';
  else
    alter table public.media validate constraint media_sha256_hex_chk;
  end if;
end$$;

-- === INDEXES ===
-- Deleting a media row or a message looks for the rows that point to it.
create index if not exists messages_media_idx on public.messages (media_id) where media_id is not null;
create index if not exists messages_parent_idx on public.messages (parent_id) where parent_id is not null;
-- Newest first within a kind, a chat, a sender; the id makes pages exact where times are equal.
create index if not exists messages_kind_ts_idx on public.messages (kind, ts desc, id) where kind <> 'text';
create index if not exists messages_chat_ts_id_idx on public.messages (chat_id, ts desc, id desc);
create index if not exists messages_sender_ts_idx on public.messages (sender, ts desc);

-- === LATEST MESSAGE PER GROUP ===
-- The options are given each time, because `create or replace` drops those it is not given.
create or replace view public.messages_latest_per_group with (security_invoker = true) as
select distinct on (chat_id) *
from public.messages
order by chat_id, ts desc, id desc;

-- === GRANTS ===
-- Row level security is off and the server owns all access, so the roles behind Supabase's public keys get nothing,
-- here and in whatever this role creates later. Plain PostgreSQL has no such roles and is left as it is.
do $$
declare
  client text;
  tab text;
begin
  foreach client in array array['anon', 'authenticated'] loop
    if to_regrole(client) is not null then
      foreach tab in array array['public.groups', 'public.media', 'public.messages', 'public.message_tags',
        'public.block_groups', 'public.block_senders', 'public.block_keywords', 'public.audit_log',
        'public.wa_sessions', 'public.google_tokens', 'public.runtime_flags', 'public.messages_latest_per_group'] loop
        execute format('revoke all on table %s from %I', tab::regclass, client);
      end loop;
      execute format('alter default privileges in schema public revoke all on tables from %I', client);
      execute format('alter default privileges in schema public revoke all on sequences from %I', client);
      execute format('alter default privileges in schema public revoke all on functions from %I', client);
    end if;
  end loop;
end$$;

-- === DISCOVERY ===
-- Discovery works under this role (set local role wa_discovery): it can add and rename groups and cannot write monitor,
-- which has one writer, nor last_seen_ts. Roles belong to the whole server: another database may be making it right now.
do $$
begin
  if not exists (select from pg_roles where rolname = 'wa_discovery') then
    create role wa_discovery nologin;
  end if;
exception
  when duplicate_object or unique_violation then
    null;
  when insufficient_privilege then
    raise warning 'no right to create the role wa_discovery: discovery will run without its own role';
end$$;
-- Since PostgreSQL 16 who creates a role may administer it, yet must grant it to itself before taking it on.
do $$
declare
  can_take boolean;
begin
  if not exists (select from pg_roles where rolname = 'wa_discovery') then
    return;
  end if;
  if current_setting('server_version_num')::int >= 160000 then
    can_take := pg_has_role(current_user, 'wa_discovery', 'set');
  else
    can_take := pg_has_role(current_user, 'wa_discovery', 'member');
  end if;
  if not can_take then
    execute format('grant wa_discovery to %I', current_user);
  end if;
exception
  when unique_violation then
    null;
  when insufficient_privilege then
    raise warning 'no right to take on the role wa_discovery: discovery will run without its own role';
end$$;
do $$
begin
  if not exists (select from pg_roles where rolname = 'wa_discovery') then
    return;
  end if;
  revoke all on public.groups from wa_discovery;
  grant select on public.groups to wa_discovery;
  grant insert (wa_group_id, name) on public.groups to wa_discovery;
  grant update (name) on public.groups to wa_discovery;
  grant select on public.block_groups, public.runtime_flags to wa_discovery;
  grant select, insert on public.audit_log to wa_discovery;
end$$;

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
