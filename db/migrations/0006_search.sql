-- The index of the search: one row a message that holds all its words, and a backlog of messages not in it yet.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

-- === WHAT IS COMPARED ===
-- Lower case makes a comparison of what ILIKE finds; the separator, which no term may hold, keeps a term from matching
-- across two fields.
create or replace function public.search_norm(message_text text, ocr_text text, asr_text text) returns text
language sql immutable parallel safe
as $$ select lower(coalesce(message_text, '') || chr(31) || coalesce(ocr_text, '') || chr(31) || coalesce(asr_text, '')) $$;
comment on function public.search_norm(text, text, text) is 'All words of a message as the search compares them.';

-- Exact: a sign is at most 21 bits, so up to three fit. Trigrams know nothing of one or two signs, of emoji, nor of what
-- stands on either side of a space. One number is appended at a time, because only that is done in place. The cost keeps
-- the planner from ever preferring to work it out for every row.
create or replace function public.search_grams(words text) returns bigint[]
language plpgsql immutable strict parallel safe cost 100000
as $$
declare
  grams bigint[] := '{}';
  before bigint := 0;
  last bigint := 0;
  sign text;
  this bigint;
begin
  foreach sign in array string_to_array(words, null) loop
    this := ascii(sign);
    grams := grams || this;
    if last > 0 then
      grams := grams || (last << 21 | this);
      if before > 0 and least(before, last, this) < 48 then
        grams := grams || (before << 42 | last << 21 | this);
      end if;
    end if;
    before := last;
    last := this;
  end loop;
  return grams;
end
$$;
comment on function public.search_grams(text) is 'Every sign of a text, every two in a row, and every three of which one is below "0" (spaces and most punctuation), as numbers.';

-- The longest grams say the most; the shorter ones within them would only cost time.
create or replace function public.search_wanted(term text) returns bigint[]
language sql immutable strict parallel safe
as $$
  select coalesce(
    (select array_agg(g) from unnest(public.search_grams(term)) g where g >= 1::bigint << 42),
    (select array_agg(g) from unnest(public.search_grams(term)) g where g >= 1 << 21),
    (select array_agg(g) from unnest(public.search_grams(term)) g))
$$;
comment on function public.search_wanted(text) is 'The grams a text must have to hold this term.';

-- === THE INDEX AND ITS BACKLOG ===
create table if not exists public.message_search (
  message_id uuid primary key,
  ts timestamptz not null,
  chat_id text not null,
  group_id uuid,
  sender text not null,
  kind text not null,
  has_media boolean not null,
  norm text not null
);
comment on table public.message_search is 'What the search reads: one row a message, written by triggers. Every message is here as it is, or in the backlog.';
comment on column public.message_search.message_id is 'messages.id; no foreign key, since checking it for each row costs more than the triggers that keep it true';
comment on column public.message_search.ts is 'messages.ts';
comment on column public.message_search.chat_id is 'messages.chat_id';
comment on column public.message_search.group_id is 'messages.group_id';
comment on column public.message_search.sender is 'messages.sender';
comment on column public.message_search.kind is 'messages.kind';
comment on column public.message_search.has_media is 'whether messages.media_id is set';
comment on column public.message_search.norm is 'search_norm of the text, ocr_text and asr_text';

create table if not exists public.message_search_backlog (
  message_id uuid not null
);
comment on table public.message_search_backlog is 'Messages still to be put into message_search: what came by the thousand. A search reads these from messages itself.';
comment on column public.message_search_backlog.message_id is 'messages.id; may come twice';

create index if not exists message_search_ts_idx on public.message_search (ts desc, message_id desc);
create index if not exists message_search_chat_idx on public.message_search (chat_id, ts desc);
create index if not exists message_search_group_idx on public.message_search (group_id, ts desc) where group_id is not null;
create index if not exists message_search_sender_idx on public.message_search (sender, ts desc);
create index if not exists message_search_kind_idx on public.message_search (kind, ts desc) where kind <> 'text';
create index if not exists message_search_media_idx on public.message_search (ts desc, message_id desc) where has_media;
-- New rows wait in a list that every question reads through: short, so that it never takes long.
create index if not exists message_search_trgm_idx on public.message_search
  using gin (norm gin_trgm_ops) with (gin_pending_list_limit = 512);
create index if not exists message_search_grams_idx on public.message_search
  using gin (public.search_grams(norm)) with (gin_pending_list_limit = 512);
create index if not exists message_search_backlog_idx on public.message_search_backlog (message_id);

-- === KEEPING IT TRUE ===
-- A few messages go in with the statement that writes them. By the thousand that would take longer than the statement:
-- these go into the backlog, and out of the index, so that nothing there is ever out of date.
-- The media are locked because their text may be changing at this moment: whoever is second sees what the first wrote.
create or replace function public.search_put(ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if cardinality(ids) > 1000 then
    delete from public.message_search where message_id = any(ids);
    insert into public.message_search_backlog select unnest(ids);
    return;
  end if;
  perform from public.media
  where id in (select media_id from public.messages where id = any(ids) and media_id is not null)
  order by id for share;
  insert into public.message_search as s (message_id, ts, chat_id, group_id, sender, kind, has_media, norm)
  select m.id, m.ts, m.chat_id, m.group_id, m.sender, m.kind, m.media_id is not null,
    public.search_norm(m.text, d.ocr_text, d.asr_text)
  from public.messages m left join public.media d on d.id = m.media_id
  where m.id = any(ids) order by m.ts, m.id
  on conflict (message_id) do update set ts = excluded.ts, chat_id = excluded.chat_id, group_id = excluded.group_id,
    sender = excluded.sender, kind = excluded.kind, has_media = excluded.has_media, norm = excluded.norm
  where (s.ts, s.chat_id, s.group_id, s.sender, s.kind, s.has_media, s.norm) is distinct from (excluded.ts,
    excluded.chat_id, excluded.group_id, excluded.sender, excluded.kind, excluded.has_media, excluded.norm);
end
$$;
comment on function public.search_put(uuid[]) is 'Puts these messages into message_search as they are; more than 1,000 into its backlog.';

create or replace function public.search_added() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if (select count(*) from (select from added limit 1001) a) > 1000 then
    insert into public.message_search_backlog select id from added;
  else
    perform public.search_put((select array_agg(id) from added));
  end if;
  return null;
end
$$;
comment on function public.search_added() is 'Trigger: messages were added.';

create or replace function public.search_changed() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform public.search_put((
    select array_agg(n.id) from changed n join before o on o.id = n.id
    where (n.ts, n.chat_id, n.group_id, n.sender, n.kind, n.media_id, n.text) is distinct from
      (o.ts, o.chat_id, o.group_id, o.sender, o.kind, o.media_id, o.text)));
  return null;
end
$$;
comment on function public.search_changed() is 'Trigger: messages were changed, perhaps in a way the search can tell.';

create or replace function public.search_read() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform public.search_put((
    select array_agg(m.id) from changed n join before o on o.id = n.id join public.messages m on m.media_id = n.id
    where (n.ocr_text, n.asr_text) is distinct from (o.ocr_text, o.asr_text)));
  return null;
end
$$;
comment on function public.search_read() is 'Trigger: the text of media was changed.';

create or replace function public.search_gone() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'TRUNCATE' then
    truncate public.message_search, public.message_search_backlog;
  else
    delete from public.message_search where message_id in (select id from removed);
    delete from public.message_search_backlog where message_id in (select id from removed);
  end if;
  return null;
end
$$;
comment on function public.search_gone() is 'Trigger: messages were deleted.';

create or replace trigger messages_search_added after insert on public.messages
  referencing new table as added for each statement execute function public.search_added();
create or replace trigger messages_search_changed after update on public.messages
  referencing old table as before new table as changed for each statement execute function public.search_changed();
create or replace trigger messages_search_gone after delete on public.messages
  referencing old table as removed for each statement execute function public.search_gone();
create or replace trigger messages_search_emptied after truncate on public.messages
  for each statement execute function public.search_gone();
create or replace trigger media_search_read after update on public.media
  referencing old table as before new table as changed for each statement execute function public.search_read();

-- What was there before the triggers.
insert into public.message_search_backlog
select id from public.messages m
where not exists (select from public.message_search s where s.message_id = m.id)
  and not exists (select from public.message_search_backlog b where b.message_id = m.id);

-- === GRANTS ===
-- As in 0003: nothing for the roles behind Supabase's public keys, and no calling of what only triggers may call.
revoke all on function public.search_put(uuid[]) from public;
do $$
declare
  client text;
begin
  foreach client in array array['anon', 'authenticated'] loop
    if to_regrole(client) is not null then
      execute format('revoke all on table public.message_search, public.message_search_backlog from %I', client);
      execute format('revoke all on function public.search_put(uuid[]) from %I', client);
    end if;
  end loop;
end$$;

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
