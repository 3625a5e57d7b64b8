"""A person is found under every address and name, a group under every name it has had."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.search.conftest import NOON, Archive
from wa_pipeline.archive.search_people import named

PHONE, LID = "4915112345678@s.whatsapp.net", "99887766@lid"


@pytest.fixture
def told(archive: Archive) -> Archive:
    archive.conn.execute("insert into public.jid_aliases (lid, phone) values (%s, %s)", (LID, PHONE))
    return archive


def call(archive: Archive, sender: str, name: str) -> None:
    archive.conn.execute(
        "update public.messages set raw = jsonb_build_object('sender_name', %s::text) where sender = %s", (name, sender)
    )


@pytest.mark.parametrize("term", [None, "ferry"])
@pytest.mark.parametrize("meant", [PHONE, LID, "+49 151 12345678", "4915112345678", "Ann Miller", "ann miller"])
def test_every_way_to_name_a_person_finds_all_they_said(told: Archive, meant: str, term: str | None) -> None:
    keys = [told.say("ferry", sender=sender) for sender in (PHONE, LID, "+49 151 12345678")]
    told.say("ferry", sender="4915199999999@s.whatsapp.net")
    call(told, PHONE, "Ann Miller")
    assert [item.id for item in told.find(term, sender=meant)] == keys[::-1]


def test_a_name_that_begins_like_it_is_somebody_else(told: Archive) -> None:
    told.say("ferry", sender="Annabel")
    assert told.find("ferry", sender="Ann") == []


@pytest.mark.parametrize("term", [None, "ferry"])
def test_a_group_is_found_by_part_of_any_name_it_has_had(archive: Archive, term: str | None) -> None:
    key = archive.say("ferry", group="Rowing Club")
    archive.say("ferry", group="Garden")
    archive.conn.execute(
        "insert into public.group_names (wa_group_id, name, at) values ('Rowing Club@g.us', '100%% Paddlers', %s)",
        (NOON - timedelta(days=9),),
    )
    for name in ("rowing", "CLUB", "paddl", "100%"):
        assert [item.id for item in archive.find(term, group_name=name)] == [key], name
    assert archive.find(term, group_name="100_") == []


def test_names_that_hold_a_term(told: Archive) -> None:
    told.say("x", sender=PHONE, group="Miller family")
    call(told, PHONE, "Ann Miller")
    told.say("x", sender="Bob")
    found = named(told.conn, "miller")
    assert [name for _, name in found.groups] == ["Miller family"]
    assert found.senders == [(PHONE, "Ann Miller")]
    assert named(told.conn, "bo").senders == [("Bob", None)]


@pytest.mark.parametrize("has_media", [True, False])
@pytest.mark.parametrize("term", [None, "ferry"])
def test_with_or_without_media(archive: Archive, short_walks: None, term: str | None, has_media: bool) -> None:
    keys = {True: [], False: []}  # type: dict[bool, list[object]]
    for number in range(20):
        keys[number % 3 == 0].append(archive.say("ferry", ocr="" if number % 3 == 0 else None))
    assert [item.id for item in archive.find(term, has_media=has_media)] == keys[has_media][::-1]
