-- What live messages need: which inbox rows wait for what, and when each text of an edited message was written.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

-- === WA_INBOX ===
alter table public.wa_inbox add column if not exists waits_for text[];
alter table public.wa_inbox add column if not exists held_for text[];
alter table public.wa_inbox add column if not exists refused text[];
create index if not exists wa_inbox_waits_for_idx on public.wa_inbox using gin (waits_for) where waits_for is not null;
create index if not exists wa_inbox_held_for_idx on public.wa_inbox using gin (held_for) where held_for is not null;
create index if not exists wa_inbox_refused_idx on public.wa_inbox using gin (refused) where refused is not null;
create index if not exists wa_inbox_state_idx on public.wa_inbox (state, received_at) where state in ('skipped', 'dead');
comment on column public.wa_inbox.waits_for is 'messages.wa_msg_id of messages its edits and deletions are about that are not there yet';
comment on column public.wa_inbox.held_for is 'chats whose messages in it were left out because they are not monitored; replayed once one is';

-- === MESSAGES ===
-- Replies whose quoted message is not there yet: few, and looked for whenever messages come.
create index if not exists messages_quoting_idx on public.messages ((raw->>'quoted_wa_msg_id'))
  where parent_id is null and raw ? 'quoted_wa_msg_id';
comment on column public.wa_inbox.refused is 'messages.wa_msg_id of messages in it that the block lists refused, so that nothing waits for them';
comment on column public.wa_inbox.interpreted_at is 'when it became what its state says; a replay that comes to the same leaves it alone';

-- === MESSAGES ===
-- Replies and album pictures whose parent is not there yet, by the id they look for: small, and asked with every batch.
create index if not exists messages_parent_wanted_idx
  on public.messages ((coalesce(raw->>'quoted_wa_msg_id', raw->>'album_wa_msg_id')))
  where parent_id is null and coalesce(raw->>'quoted_wa_msg_id', raw->>'album_wa_msg_id') is not null;

-- === MESSAGE_VERSIONS ===
alter table public.message_versions add column if not exists written_at timestamptz;
comment on column public.message_versions.written_at is 'when this text was written: the message''s ts for its first text, the edit''s for a later one; null where it is not known';

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
