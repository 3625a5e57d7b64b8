"""A person is found under every address and name, a group under every name it has had."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.search.conftest import NOON, Archive, Way
from wa_pipeline.archive.search import SearchQuery, search
from wa_pipeline.archive.search_names import read_names

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


def bearing(archive: Archive, typed: str) -> tuple[list[str], list[str], str]:
    """What the first page says of names: people by what the filter takes, groups by name, and the rest."""
    named = search(archive.conn, SearchQuery(typed), read_names(archive.conn)).named
    assert named is not None
    return [person.sender for person in named.people], [group.name for group in named.groups], named.rest


def test_a_term_names_people_and_groups_beside_the_messages(told: Archive) -> None:
    told.say("x", sender=PHONE, group="Miller family")
    told.say("x", sender=LID)
    call(told, PHONE, "Ann Miller")
    call(told, LID, "Ann Miller")
    told.say("x", sender="Bob")
    told.say("x", sender="4915199999999@s.whatsapp.net")
    told.say("x", sender="")
    told.group("Millers without messages")
    told.conn.execute(
        "insert into public.group_names (wa_group_id, name, at) values ('Miller family@g.us', 'Old friends', %s)",
        (NOON,),
    )
    assert bearing(told, "MILLER") == (["Ann Miller"], ["Miller family"], "")
    assert bearing(told, "friends") == ([], ["Miller family"], "")
    assert bearing(told, "+49 151 123") == (["Ann Miller"], [], "")
    assert bearing(told, "99999") == (["4915199999999@s.whatsapp.net"], [], "")
    assert bearing(told, "ob")[0] == ["Bob"]
    assert bearing(told, "nobody") == ([], [], "")


def test_a_name_and_something_else_leads_to_what_that_person_said_of_it(told: Archive) -> None:
    key = told.say("the ferry at nine", sender=PHONE)
    told.say("the ferry at ten", sender="Bob")
    call(told, PHONE, "Ann Miller")
    for typed in ("ann miller ferry", "ferry ann miller", "ann ferry"):
        (person,), groups, rest = bearing(told, typed)
        assert (groups, rest) == ([], "ferry")
        assert [item.id for item in told.find(rest, sender=person)] == [key]
    assert bearing(told, "an ferry") == ([], [], "")


def test_the_likeliest_names_come_first(archive: Archive) -> None:
    for sender in ("Joann", "Annabel", "Bo Ann", "Ann", *(f"Hannes {number}" for number in range(5))):
        archive.say("x", sender=sender)
    assert bearing(archive, "ann")[0][:3] == ["Ann", "Annabel", "Bo Ann"]
    assert len(bearing(archive, "ann")[0]) == 5


def test_names_are_told_with_the_first_page_of_a_term_alone(archive: Archive) -> None:
    for _ in range(3):
        archive.say("ann", sender="Ann")
    names = read_names(archive.conn)
    first = search(archive.conn, SearchQuery("ann", limit=2), names)
    assert first.named
    assert first.named.people
    assert search(archive.conn, SearchQuery("ann", limit=2, cursor=first.next_cursor), names).named is None
    assert search(archive.conn, SearchQuery(), names).named is None
    assert search(archive.conn, SearchQuery("ann")).named is None


@pytest.mark.parametrize("has_media", [True, False])
@pytest.mark.parametrize("term", [None, "ferry"])
def test_with_or_without_media(archive: Archive, short_steps: Way, term: str | None, has_media: bool) -> None:
    keys = {True: [], False: []}  # type: dict[bool, list[object]]
    for number in range(20):
        keys[number % 3 == 0].append(archive.say("ferry", ocr="" if number % 3 == 0 else None))
    assert [item.id for item in archive.find(term, has_media=has_media)] == keys[has_media][::-1]
