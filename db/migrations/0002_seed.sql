-- The rows a fresh archive starts with. Safe to run any number of times.

-- One wa_sessions row in 'disconnected' for the console to read.
insert into public.wa_sessions (status, detail)
values ('disconnected', '{}'::jsonb)
on conflict do nothing;

insert into public.groups (wa_group_id, name, monitor)
values ('1203XXXXXXX@g.us', 'Sample Group', false)
on conflict (wa_group_id) do nothing;

insert into public.runtime_flags (key, value)
values ('fetch_groups_requested', jsonb_build_object('at', now()))
on conflict (key) do nothing;
