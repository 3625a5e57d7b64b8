-- Takes everything of ours out again, data included: for trial databases only. Forward fixes are the rule elsewhere.
-- It lies outside migrations/ so that no glob can run it. Extensions stay: others may use them.
begin;
drop view if exists public.messages_latest_per_group;
drop table if exists public.wa_migrations;
drop table if exists public.message_search_words;
drop table if exists public.message_search_backlog;
drop table if exists public.message_search;
drop table if exists public.run_processes;
drop table if exists public.import_runs;
drop table if exists public.export_chats;
drop table if exists public.group_names;
drop table if exists public.jid_aliases;
drop table if exists public.message_reactions;
drop table if exists public.message_versions;
drop table if exists public.media_fetch;
drop table if exists public.media_enrichment;
drop table if exists public.wa_inbox;
drop table if exists public.runtime_flags;
drop table if exists public.google_tokens;
drop table if exists public.wa_sessions;
drop table if exists public.audit_log;
drop table if exists public.block_keywords;
drop table if exists public.block_senders;
drop table if exists public.block_groups;
drop table if exists public.message_tags;
drop table if exists public.messages;
drop table if exists public.media;
drop table if exists public.groups;
drop function if exists public.search_gone();
drop function if exists public.search_read();
drop function if exists public.search_changed();
drop function if exists public.search_added();
drop function if exists public.search_put(uuid[]);
drop function if exists public.search_near(text);
drop function if exists public.search_words(text);
drop function if exists public.search_wanted(text);
drop function if exists public.search_grams(text);
drop function if exists public.search_norm(text, text, text);
-- The role may still hold rights in another database of this server; then it stays.
do $$
begin
  if to_regrole('wa_discovery') is not null then
    drop owned by wa_discovery;
    drop role wa_discovery;
  end if;
exception
  when dependent_objects_still_exist or insufficient_privilege then
    null;
end$$;
commit;
