"""GET /api/messages: the contract other programs build on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.console.conftest import PICTURE, Console


def _ids(console: Console, **params: str) -> list[str]:
    answer = console.http.get("/api/messages", params=params)
    assert answer.status_code == 200, answer.text
    return [item["wa_msg_id"] for item in answer.json()["items"]]


def _item(console: Console, **params: str) -> dict[str, Any]:
    (item,) = console.http.get("/api/messages", params=params).json()["items"]
    return dict(item)


def test_an_item_has_exactly_the_fields_of_the_contract(console: Console) -> None:
    item = _item(console, q="rechnung")
    assert item["media"].pop("signed_url").startswith(f"{console.url}/storage/v1/object/sign/wa-media/")
    expires = datetime.fromisoformat(item["media"].pop("expires_at"))
    assert abs(expires - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
    assert item.pop("id")
    assert item == {
        "wa_msg_id": "m2",
        "ts": "2024-03-02T08:00:00Z",
        "chat_id": "1@g.us",
        "sender": "Ben",
        "kind": "image",
        "text": None,
        "parent_id": None,
        "group": {"id": str(console.group), "name": "Ruderclub"},
        "media": {
            "id": str(console.media["picture"]),
            "mime": "image/png",
            "bytes": len(PICTURE),
            "width": 640,
            "height": 480,
            "duration_s": None,
            "ocr_text": "RECHNUNG Nr. 4711",
            "asr_text": None,
        },
        "match": {"field": "ocr_text", "snippet": "RECHNUNG Nr. 4711", "marks": [[0, 8]], "at_s": None},
    }


def test_who_and_what_bears_the_term_stands_beside_the_messages(console: Console) -> None:
    def named(**params: str) -> object:
        return console.http.get("/api/messages", params=params).json()["named"]

    assert named(q="ana") == {"people": [{"sender": "Ana", "name": "Ana"}], "groups": [], "rest": ""}
    assert named(q="ruderclub leuchtturm") == {
        "people": [],
        "groups": [{"id": str(console.group), "name": "Ruderclub"}],
        "rest": "leuchtturm",
    }
    assert named(q="nobody") == {"people": [], "groups": [], "rest": ""}
    assert named() is None


def test_a_signed_url_downloads_the_media_without_a_token(console: Console) -> None:
    answer = httpx.get(_item(console, q="rechnung")["media"]["signed_url"])
    assert (answer.status_code, answer.content) == (200, PICTURE)


def test_a_file_that_is_not_in_the_store_has_no_link(console: Console) -> None:
    media = _item(console, q="lost")["media"]
    assert (media["signed_url"], media["expires_at"]) == (None, None)


def test_what_is_not_there_is_null(console: Console) -> None:
    item = _item(console, q="שלום")
    assert (item["group"], item["media"], item["match"]["field"]) == (None, None, "text")
    assert console.http.get("/api/messages").json()["items"][0]["match"] is None


def test_numbers_are_numbers_and_times_end_in_z(console: Console) -> None:
    assert _item(console, q="leuchtturm")["media"]["duration_s"] == 6.25
    assert _item(console, q="svg")["ts"] == "2024-03-05T10:00:00.500000Z"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["m6", "m5", "m4", "m3", "m2", "m1"]),
        ({"q": "", "kind": "", "since": "", "group_id": ""}, ["m6", "m5", "m4", "m3", "m2", "m1"]),
        ({"kind": "audio"}, ["m3"]),
        ({"sender": "Ana"}, ["m3", "m1"]),
        ({"chat_id": "2@g.us"}, []),
        ({"since": "2024-03-04T10:00:00Z"}, ["m6", "m5", "m4"]),
        ({"until": "2024-03-04T10:00:00Z"}, ["m3", "m2", "m1"]),
        ({"since": "2024-03-04T12:00:00 02:00"}, ["m6", "m5", "m4"]),
        ({"since": "2024-03-02", "until": "2024-03-03"}, ["m2"]),
        ({"q": "%"}, []),
        ({"q": "nothing like it"}, []),
        ({"q": "ERSTE", "unknown": "is let pass"}, ["m1"]),
    ],
)
def test_filters_narrow_down(console: Console, params: dict[str, str], expected: list[str]) -> None:
    assert _ids(console, **params) == expected


def test_a_group_is_asked_for_by_its_id(console: Console) -> None:
    assert _ids(console, group_id=str(console.group)) == ["m6", "m5", "m3", "m2", "m1"]


def test_pages_follow_each_other_without_gap_or_overlap(console: Console) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = console.http.get("/api/messages", params={"limit": "2", "cursor": cursor}).json()
        seen += [item["wa_msg_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["m6", "m5", "m4", "m3", "m2", "m1"]


@pytest.mark.parametrize(
    ("params", "code", "named"),
    [
        ({"limit": "0"}, "bad_parameter", "limit"),
        ({"limit": "501"}, "bad_parameter", "limit"),
        ({"limit": "many"}, "bad_parameter", "limit"),
        ({"limit": "٣"}, "bad_parameter", "limit"),
        ({"kind": "sticker"}, "bad_parameter", "kind"),
        ({"group_id": "1@g.us"}, "bad_parameter", "group_id"),
        ({"since": "yesterday"}, "bad_parameter", "since"),
        ({"since": "5"}, "bad_parameter", "since"),
        ({"until": "2024-02-30"}, "bad_parameter", "until"),
        ({"until": "2024-02-20T10:00:00"}, "bad_parameter", "until"),
        ({"until": "0001-01-01T00:00:00+23:59"}, "bad_parameter", "until"),
        ({"q": "a\x00b"}, "bad_parameter", "q"),
        ({"sender": "a\x00b"}, "bad_parameter", "sender"),
        ({"q": "x" * 501}, "bad_parameter", "q"),
        ({"cursor": "nonsense"}, "bad_cursor", "cursor"),
        ({"cursor": "ä"}, "bad_cursor", "cursor"),
    ],
)
def test_malformed_parameters_are_400_and_one_sentence(
    console: Console, params: dict[str, str], code: str, named: str
) -> None:
    answer = console.http.get("/api/messages", params=params)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == code
    assert named in error["message"]
    assert "\n" not in error["message"]


def test_a_media_id_leads_to_its_file(console: Console) -> None:
    answer = console.http.get(f"/media/{console.media['picture']}")
    assert answer.status_code == 307
    assert httpx.get(answer.headers["location"]).content == PICTURE


@pytest.mark.parametrize(("media_id", "status"), [("nonsense", 400), ("0" * 32, 404), ("gone", 404)])
def test_a_media_id_that_leads_nowhere(console: Console, media_id: str, status: int) -> None:
    media_id = str(console.media.get(media_id, media_id))
    answer = console.http.get(f"/media/{media_id}")
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}


def test_a_row_whose_file_is_kept_elsewhere_spoils_no_page(own_console: Console) -> None:
    with psycopg.connect(own_console.ctx.archive_url) as conn:
        conn.execute("update public.media set storage_path = 's3://elsewhere/x.png' where mime = 'image/png'")
    assert _item(own_console, q="rechnung")["media"]["signed_url"] is None
    assert own_console.http.get(f"/media/{own_console.media['picture']}").status_code == 404


def test_a_database_that_comes_back_is_used_again(own_console: Console) -> None:
    _ids(own_console)
    with psycopg.connect(own_console.ctx.archive_url, autocommit=True) as conn:
        conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert len(_ids(own_console)) == 6


def test_openapi_describes_the_contract(console: Console) -> None:
    document = console.http.get("/openapi.json").json()
    assert {"/api/messages", "/media/{media_id}", "/healthz"} <= set(document["paths"])
    parameters = {one["name"]: one for one in document["paths"]["/api/messages"]["get"]["parameters"]}
    assert set(parameters) == {
        "q", "chat_id", "group_id", "sender", "kind", "since", "until", "limit", "cursor",
        "group_name", "has_media", "mode",
    }  # fmt: skip
    assert parameters["limit"]["schema"]["maximum"] == 500
