"""Who may touch the archive's tables beside the server itself: it should be nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

CLIENT_ROLES = ("anon", "authenticated")
DISCOVERY_ROLE = "wa_discovery"
PROTECTED_GROUP_COLUMNS = ("monitor", "last_seen_ts")

ON_TABLES = """
select r.rolname::text, c.relname::text, string_agg(p, ', ' order by p)
from pg_roles r, pg_class c,
     unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
where r.rolname = any(%(roles)s) and c.relnamespace = 'public'::regnamespace and c.relname = any(%(names)s)
  and c.relkind in ('r', 'p', 'v', 'm')
  and case when p in ('DELETE', 'TRUNCATE', 'TRIGGER') then has_table_privilege(r.oid, c.oid, p)
           else has_any_column_privilege(r.oid, c.oid, p) end
group by 1, 2 order by 1, 2
"""
TO_PUBLIC = """
select c.relname::text, string_agg(distinct a.privilege_type, ', ')
from pg_class c,
     lateral (select c.relacl union all select attacl from pg_attribute where attrelid = c.oid) l (acl),
     lateral aclexplode(l.acl) a
where a.grantee = 0 and c.relnamespace = 'public'::regnamespace and c.relname = any(%(names)s)
group by 1 order by 1
"""
ON_SEQUENCES = """
select distinct r.rolname::text, s.relname::text
from pg_roles r, pg_class c join pg_depend d on d.refobjid = c.oid and d.deptype in ('a', 'i')
     join pg_class s on s.oid = d.objid and s.relkind = 'S'
where r.rolname = any(%(roles)s) and c.relnamespace = 'public'::regnamespace and c.relname = any(%(names)s)
  and has_sequence_privilege(r.oid, s.oid, 'USAGE, SELECT, UPDATE')
order by 1, 2
"""
BY_DEFAULT = """
select distinct r.rolname::text,
       case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' else 'functions' end
from pg_default_acl d, aclexplode(d.defaclacl) a join pg_roles r on r.oid = a.grantee
where r.rolname = any(%(roles)s) and d.defaclobjtype in ('r', 'S', 'f')
  and d.defaclnamespace in (0, 'public'::regnamespace)
  and d.defaclrole in (select relowner from pg_class
                       where relnamespace = 'public'::regnamespace and relname = any(%(names)s))
order by 1, 2
"""


def residual_grants(conn: psycopg.Connection, names: list[str]) -> list[str]:
    """One sentence for each right of Supabase's public roles, or of everybody, to the named tables of schema public.

    Empty where there is none, and on plain PostgreSQL, which has no such roles.
    """
    values = {"roles": list(CLIENT_ROLES), "names": names}
    lines = [
        f"{role} may {rights} on {table}: run `revoke all on table public.{table} from {role}`"
        for role, table, rights in conn.execute(ON_TABLES, values).fetchall()
    ]
    lines += [
        f"every role may {rights} on {table}: run `revoke all on table public.{table} from public`"
        for table, rights in conn.execute(TO_PUBLIC, values).fetchall()
    ]
    lines += [
        f"{role} may use the sequence {name}: run `revoke all on sequence public.{name} from {role}`"
        for role, name in conn.execute(ON_SEQUENCES, values).fetchall()
    ]
    lines += [
        f"{role} gets rights on {things} made later: "
        f"run `alter default privileges in schema public revoke all on {things} from {role}`"
        for role, things in conn.execute(BY_DEFAULT, values).fetchall()
    ]
    return lines


@contextmanager
def as_discovery(conn: psycopg.Connection) -> Iterator[None]:
    """A transaction under the role that can add and rename groups and cannot name monitor or last_seen_ts.

    Where this server's administrator did not allow the role, the transaction runs with the connection's own rights;
    `discovery_excess` tells of that.
    """
    with conn.transaction():
        if not _may_take_discovery(conn):
            yield
            return
        conn.execute("set local role wa_discovery")
        yield
        conn.execute("set local role none")


def _may_take_discovery(conn: psycopg.Connection) -> bool:
    if not (conn.execute("select to_regrole(%s) is not null", (DISCOVERY_ROLE,)).fetchone() or (False,))[0]:
        return False
    # Since PostgreSQL 16 one may administer a role without being allowed to take it on.
    right = "set" if conn.info.server_version >= 160000 else "member"
    return bool((conn.execute("select pg_has_role(%s, %s)", (DISCOVERY_ROLE, right)).fetchone() or (False,))[0])


def discovery_excess(conn: psycopg.Connection) -> list[str]:
    """What is wrong with the role discovery works under: absent, or able to write a column it may not name."""
    row = conn.execute("select to_regrole(%s) is not null", (DISCOVERY_ROLE,)).fetchone()
    if not (row and row[0]):
        missing = (
            f"the role {DISCOVERY_ROLE} is missing, so discovery runs with every right: as an administrator run "
            f"`create role {DISCOVERY_ROLE} nologin`, then the migrations again"
        )
        return [missing]
    if not _may_take_discovery(conn):
        return [f"this user may not take on {DISCOVERY_ROLE}: as an administrator grant it the role"]
    rows = conn.execute(
        """
        select col, right_ from unnest(%s::text[]) col, unnest(array['INSERT', 'UPDATE']) right_
        where has_column_privilege(%s, 'public.groups', col, right_) order by 1, 2
        """,
        (list(PROTECTED_GROUP_COLUMNS), DISCOVERY_ROLE),
    ).fetchall()
    return [f"{DISCOVERY_ROLE} may {right.lower()} groups.{column}, which discovery must not" for column, right in rows]
