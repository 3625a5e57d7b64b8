"""However DAGSTER_PG_URL is spelt, Dagster gets the spelling that works."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from wa_pipeline.errors import BadDatabaseUrl
from wa_pipeline.instance.url import dagster_url


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:s%40cret@db.example:6000/wa_dagster",
        "postgres://me:s%40cret@db.example:6000/wa_dagster",
        "postgresql+psycopg://me:s%40cret@db.example:6000/wa_dagster",
        "postgresql+psycopg2://me:s%40cret@db.example:6000/wa_dagster",
        "host=db.example port=6000 user=me password=s@cret dbname=wa_dagster",
        "  postgresql://me:s%40cret@db.example:6000/wa_dagster\n",
    ],
)
def test_every_spelling_becomes_psycopg2(given: str) -> None:
    url = make_url(dagster_url(given))
    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg2", "me", "s@cret")
    assert (url.host, url.port, url.database) == ("db.example", 6000, "wa_dagster")


def test_options_and_sockets_are_kept() -> None:
    url = make_url(dagster_url("postgresql://me@h/wa_dagster?sslmode=require"))
    assert url.query == {"sslmode": "require"}
    by_socket = make_url(dagster_url("host=/run/postgresql port=6000 user=me dbname=wa_dagster"))
    assert by_socket.query == {"host": "/run/postgresql", "port": "6000"}
    assert make_url(dagster_url("host=::1 user=me dbname=wa_dagster")).host == "::1"


@pytest.mark.parametrize("given", ["", "mysql://me@h/db", "nonsense"])
def test_anything_else_is_refused_without_being_echoed(given: str) -> None:
    with pytest.raises(BadDatabaseUrl):
        dagster_url(given)
