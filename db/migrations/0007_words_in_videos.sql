-- Videos have pictures too: those that came before their pictures were read are queued for it.
-- Safe to run any number of times, by `wa migrate` or by psql -v ON_ERROR_STOP=1 -f.
set client_min_messages = warning;
set statement_timeout = '30min';
set lock_timeout = '30s';
set search_path = public, extensions;

insert into public.media_enrichment (media_id, step)
select id, 'ocr' from public.media where mime like 'video/%'
on conflict do nothing;

reset search_path;
reset lock_timeout;
reset statement_timeout;
reset client_min_messages;
