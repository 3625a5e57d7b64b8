"""Groups, the switch that decides which are kept, and the request to look for more."""

from __future__ import annotations

from uuid import UUID

import psycopg
from fastapi import APIRouter
from pydantic import BaseModel

from wa_pipeline.archive import flags
from wa_pipeline.archive.groups import set_monitor
from wa_pipeline.archive.views.groups import all_groups, jid_of
from wa_pipeline.console.dependencies import ERRORS, Body, PathId, ReaderHere, uuid_of
from wa_pipeline.console.models import Asked, Time
from wa_pipeline.errors import GroupUnknown

router = APIRouter(prefix="/api/groups", tags=["groups"], responses=ERRORS)


class GroupShown(BaseModel):
    """A group; `held`: deliveries that wait for it to be switched on; `sample`: the seed's example, nobody's group."""

    id: UUID
    wa_group_id: str
    name: str
    monitor: bool
    messages: int
    last_seen_ts: Time | None
    held: int
    blocked: bool
    sample: bool


class Groups(BaseModel):
    """Every group, the monitored ones first."""

    groups: list[GroupShown]


class Switch(Body):
    """Whether its live messages are taken."""

    monitor: bool


class Switched(BaseModel):
    """The group as it is after the change."""

    id: UUID
    wa_group_id: str
    monitor: bool


@router.get("")
def groups(reader: ReaderHere) -> Groups:
    """Every group that is known."""
    found = reader.read(all_groups)
    return Groups(groups=[GroupShown.model_validate(each, from_attributes=True) for each in found])


@router.patch("/{group_id}")
def switch(group_id: PathId, wanted: Switch, reader: ReaderHere) -> Switched:
    """Switch a group on or off. What came while it was off and is still in the inbox is interpreted then."""
    row_id = uuid_of("group_id", group_id)

    def change(conn: psycopg.Connection) -> str:
        jid = jid_of(conn, row_id)
        if jid is None or not set_monitor(conn, jid, wanted.monitor):
            raise GroupUnknown(group=row_id)
        return jid

    return Switched(id=row_id, wa_group_id=reader.write(change), monitor=wanted.monitor)


@router.post("/refresh", status_code=202)
def refresh(reader: ReaderHere) -> Asked:
    """Ask for the list of groups to be fetched again; Dagster sees the request within seconds."""
    return Asked(at=reader.write(lambda conn: flags.request(conn, flags.FETCH_GROUPS)))
