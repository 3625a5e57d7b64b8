"""What waits and what failed, in counts: the ground of the console's status page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from wa_pipeline.archive.views.groups import SAMPLE

COUNTS = """
select
  (select count(*) from public.media_fetch where state in ('pending', 'running')),
  (select count(*) from public.media_fetch where state in ('failed', 'expired', 'gone')),
  (select count(*) from public.import_runs where state = 'waiting'),
  (select count(*) from public.import_runs where state = 'running'),
  (select count(*) from public.import_runs where state = 'failed'),
  (select max(at) from public.audit_log where kind = 'discovery'),
  (select count(*) from public.groups where monitor),
  (select count(*) from public.groups where wa_group_id <> %(sample)s),
  exists (select from public.messages)
"""


@dataclass(frozen=True)
class Waiting:
    """Counts; `discovered_at` is when groups were last asked for with success."""

    fetches: int
    fetches_failed: int
    imports: int
    imports_running: int
    imports_failed: int
    discovered_at: datetime | None
    monitored: int
    groups: int
    any_message: bool


def waiting(conn: psycopg.Connection) -> Waiting:
    row = conn.execute(COUNTS, {"sample": SAMPLE}).fetchone()
    assert row is not None
    return Waiting(*row)


__all__ = ["Waiting", "waiting"]
