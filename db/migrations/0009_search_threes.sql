-- The grams of three that 0006 meant, and their index built anew: minutes for a million messages, which wait meanwhile.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

-- << and | bind alike: without parentheses the first of three signs left but a bit, and a phrase was asked for by twos
-- alone, which common words have by the hundred thousand.
do $$
begin
  if public.search_grams('a b') @> array[97::bigint << 42 | (32::bigint << 21) | 98] then
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
        if before > 0 and least(before, last, this) < 48 then
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

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
