-- Grams of three, by which phrases are found, and their index built anew: minutes for a million messages, whose writers
-- and readers wait meanwhile.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

-- << and | bind alike: without parentheses the first of three signs left but a bit, and a phrase was asked for by twos
-- alone, which common words have by the hundred thousand. A three on both sides of a space says nearly all that the
-- threes beside it say, at a third of the entries.
do $$
begin
  if public.search_grams('a bc') = array[97, 32, 97 << 21 | 32, 98, 32 << 21 | 98, 97::bigint << 42 | (32 << 21) | 98,
    99, 98 << 21 | 99] then
    return;
  end if;
  lock table public.message_search in share mode;
  create or replace function public.search_grams(words text) returns bigint[]
  language plpgsql immutable strict parallel safe cost 100000
  as $body$
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
        if before > 0 and last < 48 then
          grams := grams || (before << 42 | (last << 21) | this);
        end if;
      end if;
      before := last;
      last := this;
    end loop;
    return grams;
  end
  $body$;
  reindex index public.message_search_grams_idx;
  analyze public.message_search;
end$$;
comment on function public.search_grams(text) is 'Every sign of a text, every two in a row, and every three of which the middle one is below "0" (spaces and most punctuation), as numbers.';

-- A gram within a longer one would only cost time.
create or replace function public.search_wanted(term text) returns bigint[]
language sql immutable strict parallel safe
as $$
  with signs as (
    select ascii(sign)::bigint as this, lag(ascii(sign)::bigint, 1, 0) over w as before,
      lead(ascii(sign)::bigint, 1, 0) over w as next, lead(ascii(sign)::bigint, 2, 0) over w as after_next
    from string_to_table(term, null) with ordinality s(sign, place) window w as (order by place)
  )
  select array_agg(gram) from (
    select before << 42 | (this << 21) | next as gram from signs where before > 0 and next > 0 and this < 48
    union
    select this << 21 | next from signs
    where next > 0 and not (before > 0 and this < 48) and not (after_next > 0 and next < 48)
    union
    select this from signs where before = 0 and next = 0
  ) g
$$;

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
