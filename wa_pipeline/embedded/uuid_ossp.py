"""A stand-in for the extension uuid-ossp, for PostgreSQL builds that come without it.

The archive needs `uuid_generate_v4()`. Here is what SQL alone can give truthfully: random ids (v4), ids of names by
MD5 (v3) and the constants of RFC 9562. Absent are v5, since PostgreSQL has no SHA-1 of its own, and v1 and v1mc, since
nothing here knows a clock sequence and a MAC address: calling one says that the function does not exist.
"""

from __future__ import annotations

from pathlib import Path

CONTROL = """\
comment = 'uuid_generate_v4 and the uuid constants over gen_random_uuid (stand-in for uuid-ossp)'
default_version = '1.1'
relocatable = true
trusted = true
"""

SCRIPT = """\
create function uuid_nil() returns uuid
  language sql immutable strict parallel safe as $$select '00000000-0000-0000-0000-000000000000'::uuid$$;
create function uuid_ns_dns() returns uuid
  language sql immutable strict parallel safe as $$select '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid$$;
create function uuid_ns_url() returns uuid
  language sql immutable strict parallel safe as $$select '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid$$;
create function uuid_ns_oid() returns uuid
  language sql immutable strict parallel safe as $$select '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid$$;
create function uuid_ns_x500() returns uuid
  language sql immutable strict parallel safe as $$select '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid$$;
create function uuid_generate_v4() returns uuid
  language sql volatile strict parallel safe as $$select pg_catalog.gen_random_uuid()$$;
create function uuid_generate_v3(namespace uuid, name text) returns uuid
  language sql immutable strict parallel safe as $$
    select pg_catalog.encode(
      pg_catalog.set_byte(
        pg_catalog.set_byte(h, 6, (pg_catalog.get_byte(h, 6) & 15) | 48), 8, (pg_catalog.get_byte(h, 8) & 63) | 128),
      'hex')::uuid
    from (select pg_catalog.decode(pg_catalog.md5(
      pg_catalog.uuid_send(namespace) || pg_catalog.convert_to(name, 'UTF8')), 'hex')) as hashed(h)$$;
"""


def write_stand_in(folder: Path) -> None:
    """Writes control file and script to `folder`/extension; `folder` belongs in `extension_control_path`."""
    target = folder / "extension"
    target.mkdir(parents=True, exist_ok=True)
    for name, text in (("uuid-ossp.control", CONTROL), ("uuid-ossp--1.1.sql", SCRIPT)):
        (target / name).write_text(text)
