-- The words of the index of the search, so that a word typed with one letter wrong can be told from those that exist.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

-- === WHAT IS A WORD ===
-- Thai, Lao, Burmese, Khmer, Japanese and Chinese put no spaces between words: every sentence would be one.
create or replace function public.search_words(piece text) returns setof text
language sql immutable parallel safe
as $$
  select word from regexp_split_to_table(piece,
    '(?:[^[:alpha:]]|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff])+') word
  where char_length(word) between 4 and 24
$$;
comment on function public.search_words(text) is 'The runs of 4 to 24 letters in a text, in scripts that are written with spaces.';

create table if not exists public.message_search_words (
  word text collate "C" not null
);
comment on table public.message_search_words is 'The words of message_search.norm. None of a row in there is missing; those of rows that are gone stay until `wa search-index rebuild`.';
comment on column public.message_search_words.word is 'one of search_words; may come twice, since writers do not wait for each other';

create index if not exists message_search_words_idx on public.message_search_words (word);
create index if not exists message_search_words_end_idx on public.message_search_words (reverse(word));

-- Whatever one letter is wrong, missing or added, what stands before it or what comes after it is one half of the word,
-- and is as it should be. Only two that changed places in the very middle spoil both.
create or replace function public.search_near(term text) returns setof text
language sql stable parallel safe set search_path = ''
as $$
  with core as (
    select word, char_length(word) as n, char_length(word) / 2 as half
    from (select regexp_replace(lower(term), '^[^[:alpha:]]+|[^[:alpha:]]+$', '', 'g') as word) c
    where char_length(word) >= 5 and word in (select public.search_words(word))
  ), asked as (
    select word, n, left(word, half) as head, reverse(right(word, n - half)) as tail,
      overlay(word placing reverse(substr(word, half, 2)) from half for 2) as middle,
      array(
        select overlay(word placing '_' from place for 1) from generate_series(1, n) place
        union select overlay(word placing '_' from place for 0) from generate_series(1, n + 1) place
        union select overlay(word placing '' from place for 1) from generate_series(1, n) place
        union select overlay(word placing reverse(substr(word, place, 2)) from place for 2)
          from generate_series(1, n - 1) place
      ) as patterns
    from core
  )
  select near.word from asked a cross join lateral (
    select w.word from public.message_search_words w where w.word >= a.head and w.word < a.head || chr(1114111)
    union
    select w.word from public.message_search_words w
    where reverse(w.word) >= a.tail and reverse(w.word) < a.tail || chr(1114111)
    union
    select w.word from public.message_search_words w where w.word = a.middle
  ) near
  where near.word like any (a.patterns) and near.word <> lower(term)
  order by abs(char_length(near.word) - a.n), near.word
$$;
comment on function public.search_near(text) is 'The words there are that differ from this one, of five letters and more, by a letter that is wrong, missing or added, or by two that changed places; those as long first.';

-- === KEEPING IT TRUE ===
-- As in 0006, and the words of what was put. By index alone: whatever the planner thinks of a table that was small when
-- it first looked, it must not read all words for each message.
create or replace function public.search_put(ids uuid[]) returns void
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
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
  with put as (
    insert into public.message_search as s (message_id, ts, chat_id, group_id, sender, kind, has_media, norm)
    select m.id, m.ts, m.chat_id, m.group_id, m.sender, m.kind, m.media_id is not null,
      public.search_norm(m.text, d.ocr_text, d.asr_text)
    from public.messages m left join public.media d on d.id = m.media_id
    where m.id = any(ids) order by m.ts, m.id
    on conflict (message_id) do update set ts = excluded.ts, chat_id = excluded.chat_id, group_id = excluded.group_id,
      sender = excluded.sender, kind = excluded.kind, has_media = excluded.has_media, norm = excluded.norm
    where (s.ts, s.chat_id, s.group_id, s.sender, s.kind, s.has_media, s.norm) is distinct from (excluded.ts,
      excluded.chat_id, excluded.group_id, excluded.sender, excluded.kind, excluded.has_media, excluded.norm)
    returning s.norm
  )
  insert into public.message_search_words (word)
  select distinct found.word from (select distinct piece from put, string_to_table(put.norm, ' ') piece) p
  cross join lateral public.search_words(p.piece) found(word)
  where not exists (select from public.message_search_words w where w.word = found.word);
end
$$;
comment on function public.search_put(uuid[]) is 'Puts these messages into message_search as they are, with their words; more than 1,000 into its backlog.';

create or replace function public.search_gone() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'TRUNCATE' then
    truncate public.message_search, public.message_search_backlog, public.message_search_words;
  else
    delete from public.message_search where message_id in (select id from removed);
    delete from public.message_search_backlog where message_id in (select id from removed);
  end if;
  return null;
end
$$;

-- What was there before. Nobody writes meanwhile: who began before search_put was replaced puts no words.
do $$
begin
  lock table public.messages, public.media, public.message_search_backlog in share row exclusive mode;
  insert into public.message_search_words (word)
  select distinct found.word
  from (select distinct piece from public.message_search s, string_to_table(s.norm, ' ') piece) p
  cross join lateral public.search_words(p.piece) found(word)
  where not exists (select from public.message_search_words w where w.word = found.word);
end$$;

-- === GRANTS ===
do $$
declare
  client text;
begin
  foreach client in array array['anon', 'authenticated'] loop
    if to_regrole(client) is not null then
      execute format('revoke all on table public.message_search_words from %I', client);
    end if;
  end loop;
end$$;

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
