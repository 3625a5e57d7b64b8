"""What the API changes: switches, requests for Dagster, block lists, another try; and what it shows of the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.console.conftest import Console


def _value(console: Console, statement: str) -> object:
    with psycopg.connect(console.ctx.archive_url) as conn:
        row = conn.execute(statement.encode()).fetchone()
    return row[0] if row else None


def _run(console: Console, statement: str) -> None:
    with psycopg.connect(console.ctx.archive_url) as conn:
        conn.execute(statement.encode())


def _code(answer: object) -> str:
    return str(answer.json()["error"]["code"])  # type: ignore[attr-defined]


def test_the_switch_of_a_group_is_what_decides(own_console: Console) -> None:
    address = f"/api/groups/{own_console.group}"
    for wanted in (True, True, False):
        answer = own_console.http.patch(address, json={"monitor": wanted})
        assert answer.status_code == 200
        assert answer.json() == {"id": str(own_console.group), "wa_group_id": "1@g.us", "monitor": wanted}
        assert _value(own_console, "select monitor from public.groups where wa_group_id = '1@g.us'") is wanted
    listed = {group["wa_group_id"]: group for group in own_console.http.get("/api/groups").json()["groups"]}
    assert listed["1@g.us"]["messages"] == 5
    assert listed["1203XXXXXXX@g.us"]["sample"] is True


@pytest.mark.parametrize("body", [{}, {"monitor": "yes"}, {"monitor": 1}, {"monitor": None}, {"name": "x"}, [], "x"])
def test_a_switch_takes_true_or_false_and_nothing_else(console: Console, body: object) -> None:
    answer = console.http.patch(f"/api/groups/{console.group}", json=body)
    assert (answer.status_code, _code(answer)) == (400, "bad_parameter")


def test_what_is_not_there_is_404(own_console: Console) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    http = own_console.http
    assert http.patch(f"/api/groups/{nobody}", json={"monitor": True}).status_code == 404
    assert http.get(f"/api/messages/{nobody}/context").status_code == 404
    assert http.get(f"/media/{nobody}/thumbnail").status_code == 404
    assert http.get(f"/messages/{nobody}").status_code == 404
    assert http.post("/api/failures/retry", json={"ids": ["ocr:nothing"]}).status_code == 404
    assert http.delete("/api/blocks/senders", params={"value": "nobody"}).status_code == 404
    assert http.get("/api/session/qr").status_code == 404
    assert http.patch("/api/groups/nonsense", json={"monitor": True}).status_code == 400


@pytest.mark.parametrize(
    ("address", "flag"),
    [
        ("/api/groups/refresh", "fetch_groups_requested"),
        ("/api/session/refresh-qr", "wa_refresh_qr_requested"),
    ],
)
def test_a_request_is_left_where_dagster_sees_it(own_console: Console, address: str, flag: str) -> None:
    answer = own_console.http.post(address)
    assert answer.status_code == 202
    at = datetime.fromisoformat(answer.json()["at"])
    assert abs(datetime.now(UTC) - at) < timedelta(seconds=30)
    written = _value(own_console, f"select value->>'at' from public.runtime_flags where key = '{flag}'")
    assert written == answer.json()["at"]
    assert own_console.http.post(address).json()["at"] > answer.json()["at"]


def test_the_session_shows_its_code_and_never_its_credentials(own_console: Console) -> None:
    _run(
        own_console,
        "update public.wa_sessions set status = 'connecting', creds_json = '{\"sealed\": \"hush\"}',"
        " detail = jsonb_build_object('qr', '2@abc,def', 'expiresAt', now() + interval '1 minute', 'token', 'hush')",
    )
    answer = own_console.http.get("/api/session")
    assert answer.json()["status"] == "connecting"
    assert answer.json()["qr"]["image"] == "/api/session/qr"
    picture = own_console.http.get("/api/session/qr")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "<script" not in picture.text
    page = own_console.http.get("/session").text
    assert 'src="/api/session/qr?at=' in page
    assert "hush" not in answer.text + picture.text + page
    _run(
        own_console,
        "update public.wa_sessions set detail = jsonb_build_object('qr', 'x', 'expiresAt', now() - interval '1 s')",
    )
    assert own_console.http.get("/api/session").json()["qr"] is None
    assert own_console.http.get("/api/session/qr").status_code == 404


@pytest.mark.parametrize("qr", ["data:image/png;base64,PHN2Zz4=", "data:image/png;base64,%%%", "x" * 5000])
def test_a_code_that_is_none_is_not_served(own_console: Console, qr: str) -> None:
    with psycopg.connect(own_console.ctx.archive_url) as conn:
        conn.execute("update public.wa_sessions set detail = jsonb_build_object('qr', %s::text)", [qr])
    assert own_console.http.get("/api/session/qr").status_code == 404


@pytest.mark.parametrize("which", ["groups", "senders", "keywords"])
def test_a_block_is_put_on_its_list_and_taken_off(own_console: Console, which: str) -> None:
    value = "<b>‮ % ' ; x"
    for _ in range(2):
        answer = own_console.http.post(f"/api/blocks/{which}", json={"value": f" {value} ", "reason": "as I like"})
        assert answer.status_code == 201
    (entry,) = own_console.http.get("/api/blocks").json()[which]
    assert (entry["value"], entry["reason"]) == (value, None if which == "keywords" else "as I like")
    assert "<b>‮" not in own_console.http.get("/blocks").text
    assert own_console.http.delete(f"/api/blocks/{which}", params={"value": value}).status_code == 204
    assert own_console.http.get("/api/blocks").json()[which] == []


@pytest.mark.parametrize("body", [{}, {"value": ""}, {"value": "  "}, {"value": "a\x00"}, {"value": "x" * 301}])
def test_a_block_needs_a_value(console: Console, body: dict[str, str]) -> None:
    assert console.http.post("/api/blocks/senders", json=body).status_code == 400
    assert console.http.post("/api/blocks/nothing", json={"value": "x"}).status_code == 400


def test_a_failure_is_shown_with_its_reason_and_tried_again(own_console: Console) -> None:
    _run(
        own_console,
        "insert into public.media_enrichment (media_id, step, state, attempts, error)"
        " select id, 'ocr', 'failed', 3, 'the picture is <cut> off' from public.media where mime = 'image/png'",
    )
    (failure,) = own_console.http.get("/api/failures").json()["failures"]
    assert failure["id"] == f"ocr:{own_console.media['picture']}"
    assert failure["reason"] == "the picture is <cut> off"
    assert "is &lt;cut&gt; off" in own_console.http.get("/failures").text
    answer = own_console.http.post("/api/failures/retry", json={"ids": [failure["id"]]})
    assert (answer.status_code, answer.json()) == (202, {"retried": 1})
    assert _value(own_console, "select state from public.media_enrichment") == "pending"
    assert own_console.http.get("/api/failures").json() == {"failures": [], "total": 0}


def test_the_audit_log_is_read_a_page_at_a_time(own_console: Console) -> None:
    _run(
        own_console,
        "insert into public.audit_log (kind, at, detail)"
        " select 'ingest', '2024-01-01'::timestamptz + n * interval '1 s', jsonb_build_object('n', n, 'qr', 'hush')"
        " from generate_series(1, 120) n",
    )
    seen: list[int] = []
    cursor = ""
    while True:
        page = own_console.http.get("/api/audit", params={"kind": "ingest", "cursor": cursor}).json()
        assert all(set(item["detail"]) == {"n"} for item in page["items"])
        seen += [item["detail"]["n"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(120, 0, -1))
    assert own_console.http.get("/api/audit", params={"kind": "nothing"}).status_code == 400
    assert "hush" not in own_console.http.get("/activity").text


def test_the_counts_are_those_of_the_archive(console: Console) -> None:
    told = console.http.get("/api/stats").json()
    assert (told["messages"], told["first"], told["last"]) == (6, "2024-03-01", "2024-03-06")
    assert sum(day["messages"] for day in told["by_day"]) == 6
    assert sum(month["messages"] for month in told["by_month"]) == 6
    assert sum(group["messages"] for group in told["by_group"]) == 6
    pictures = next(sort for sort in told["media"] if sort["sort"] == "pictures")
    assert (pictures["files"], pictures["words"]) == (3, 1)


def test_the_status_says_in_words_what_is_well_and_what_is_not(own_console: Console) -> None:
    told = {each["part"]: each for each in own_console.http.get("/api/status").json()["findings"]}
    assert told["Database"]["ok"] is True
    assert told["Media store"]["ok"] is True
    assert told["Dagster"]["ok"] is False
    assert "wa up" in told["Dagster"]["next"]
    assert told["WhatsApp"]["ok"] is None
    assert told["Failures"]["words"] == "Nothing has failed for good."
    assert "Something needs you." in own_console.http.get("/status").text


def test_a_body_larger_than_anything_wanted_is_refused(console: Console) -> None:
    answer = console.http.post("/api/blocks/senders", content=b'{"value": "' + b"x" * 400_000 + b'"}')
    assert (answer.status_code, _code(answer)) == (413, "too_large")


def test_a_page_elsewhere_changes_nothing(own_console: Console) -> None:
    cookie = own_console.stranger.get(f"/?token={own_console.token}").headers["set-cookie"].partition(";")[0]
    own_console.stranger.cookies.clear()
    for method, address in (
        ("PATCH", f"/api/groups/{own_console.group}"),
        ("POST", "/api/groups/refresh"),
        ("POST", "/api/session/refresh-qr"),
        ("POST", "/api/blocks/senders"),
        ("DELETE", "/api/blocks/senders?value=x"),
        ("POST", "/api/failures/retry"),
        ("POST", "/api/exports?name=a.txt&tz=UTC"),
    ):
        for headers in ({"cookie": cookie}, {"cookie": cookie, "origin": "https://evil.example"}):
            answer = own_console.stranger.request(method, address, json={"monitor": True}, headers=headers)
            assert (answer.status_code, _code(answer)) == (403, "origin_refused"), address
        assert own_console.stranger.request(method, address, headers={"origin": own_console.url}).status_code == 401
    assert _value(own_console, "select monitor from public.groups where wa_group_id = '1@g.us'") is False
