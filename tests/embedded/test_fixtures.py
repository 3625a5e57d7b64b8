"""The suite's own server gives what the archive needs."""

from __future__ import annotations

import psycopg


def test_a_fresh_database_speaks_utf8_and_has_the_extensions(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as conn:
        conn.execute('create extension "uuid-ossp"; create extension pg_trgm')
        row = conn.execute(
            "select current_setting('server_encoding'), uuid_generate_v4() is not null, cardinality(show_trgm('שלום'))"
        ).fetchone()
    assert row == ("UTF8", True, 5)
