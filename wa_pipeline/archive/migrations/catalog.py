"""What a database's catalog says about our tables, as facts two databases can be compared by."""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL

# Facts as (kind, name, definition). `names` holds the tables and views that are ours, `schema` where they are.
# Expressions are printed relative to the search path, so that an extension's schema makes no difference.
FACTS = SQL(
    r"""
with ours as (
  select c.oid, c.relname, c.relkind, c.reloptions
  from pg_class c
  where c.relnamespace = %(schema)s::regnamespace and c.relname = any(%(names)s) and c.relkind in ('r', 'p', 'v', 'm')
)
select case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, relname::text,
       case when relkind = 'v' then pg_get_viewdef(oid) || coalesce(array_to_string(reloptions, ','), '') else '' end
from ours
union all
select 'column', format('%%s.%%s', relname, attname),
       concat_ws(' ', format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
                 'default ' || pg_get_expr(adbin, adrelid),
                 nullif(attidentity::text, ''), nullif(attgenerated::text, ''))
from ours join pg_attribute a on a.attrelid = ours.oid and attnum > 0 and not attisdropped
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select 'constraint', format('%%s.%%s', relname, conname),
       pg_get_constraintdef(k.oid) || case when convalidated then '' else ' (not validated)' end
from ours join pg_constraint k on k.conrelid = ours.oid and contype <> 'n'
union all
select 'index', format('%%s.%%s', ours.relname, i.relname), pg_get_indexdef(i.oid)
from ours join pg_index x on x.indrelid = ours.oid join pg_class i on i.oid = x.indexrelid
union all
select 'trigger', format('%%s.%%s', relname, tgname), pg_get_triggerdef(t.oid)
from ours join pg_trigger t on t.tgrelid = ours.oid and not tgisinternal
union all
select 'comment', case when objsubid = 0 then relname::text else format('%%s.%%s', relname, attname) end, description
from ours join pg_description on objoid = ours.oid and classoid = 'pg_class'::regclass
left join pg_attribute on attrelid = ours.oid and attnum = objsubid and attnum > 0
"""
)
TABLES = """
select relname::text from pg_class
where relnamespace = %s::regnamespace and relkind in ('r', 'p', 'v', 'm')
  and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
order by 1
"""
SEARCH_PATH = """
select set_config('search_path',
                  concat_ws(', ', quote_ident(%s), string_agg(distinct quote_ident(nspname), ', ')), true)
from pg_extension e join pg_namespace n on n.oid = extnamespace
where extname in ('uuid-ossp', 'pg_trgm')
"""
INVALID = """
select i.relname::text, c.relname::text
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
where c.relnamespace = 'public'::regnamespace and c.relname = any(%s) and not (x.indisvalid and x.indisready)
order by 1
"""

RELATIONS = ("table", "view", "materialized view")

Facts = dict[tuple[str, str], str]


def tables(conn: psycopg.Connection, schema: str = "public") -> list[str]:
    """The tables and views of a schema, those of extensions left out."""
    return [str(name) for (name,) in conn.execute(TABLES, (schema,)).fetchall()]


def facts(conn: psycopg.Connection, names: list[str], schema: str = "public") -> Facts:
    """(kind, name) → definition of the named tables and all that hangs on them, `schema` written as public."""
    with conn.transaction():
        conn.execute(SEARCH_PATH, (schema,))
        rows = conn.execute(FACTS, {"schema": schema, "names": names}).fetchall()
    return {(str(kind), str(name)): str(text).replace(f"{schema}.", "public.") for kind, name, text in rows}


def differences(wanted: Facts, found: Facts) -> list[str]:
    """One sentence for each fact that is missing, differs or is too much; a lost table is told once, and comments
    somebody added are theirs."""
    lost = {name for kind, name in wanted if kind in RELATIONS and (kind, name) not in found}
    lines = []
    for (kind, name), text in sorted(wanted.items()):
        there = found.get((kind, name))
        if there is None and (kind in RELATIONS or name.split(".")[0] not in lost):
            lines.append(f"{kind} {name} is missing")
        elif there is not None and there != text:
            lines.append(f"{kind} {name} differs: it is {_short(there)}, the migrations make {_short(text)}")
    extra = sorted(key for key in found.keys() - wanted.keys() if key[0] != "comment")
    return lines + [f"{kind} {name} is not made by any migration" for kind, name in extra]


def invalid_indexes(conn: psycopg.Connection, names: list[str]) -> list[str]:
    """Indexes a failed concurrent build left behind: PostgreSQL keeps them up to date and never uses them."""
    rows = conn.execute(INVALID, (names,)).fetchall()
    return [f"index {index} on {table} is invalid: run `reindex index public.{index}`" for index, table in rows]


def text_findings(conn: psycopg.Connection) -> list[str]:
    """Whether the database can hold and search every script: under ctype C there are no trigrams beyond ASCII."""
    with conn.transaction():
        conn.execute(SEARCH_PATH, ("public",))
        row = conn.execute(
            """
            select current_setting('server_encoding'),
                   cardinality(show_trgm('שלום')) > 0 and cardinality(show_trgm('漢字')) > 0
            """
        ).fetchone()
    if row and row[0] != "UTF8":
        return [f"the database's encoding is {row[0]}: make one with encoding UTF8 and move the archive there"]
    if row and not row[1]:
        return [
            "the database's ctype knows no letters beyond ASCII: make one with lc_ctype C.UTF-8 and move the archive"
        ]
    return []


def _short(text: str) -> str:
    flat = " ".join(text.split()) or "plain"
    return flat if len(flat) <= 160 else flat[:157] + "..."
