"""Live messages with everything running for real: a webhook is found by search, three days are replayed as one run."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.dagster.test_live import GROUP
from wa_pipeline.archive.search import SearchQuery, search
from wa_pipeline.up import graphql
from wa_pipeline.up.ports import free_port

SECRET = "a secret of this test"
BACKFILL = """
mutation ($days: [String!]!) { launchPartitionBackfill(backfillParams: {
  assetSelection: [{path: ["messages"]}], partitionNames: $days }) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
RUNS = """
query ($id: String!) { runsOrError(filter: {tags: [{key: "dagster/backfill", value: $id}]}) {
  ... on Runs { results { status } } } }
"""


@pytest.fixture
def environment(environment: dict[str, str], database_url: str) -> dict[str, str]:
    """That of every `wa up` here, with a door a Baileys worker may knock at, and a group that is monitored."""
    with psycopg.connect(database_url) as conn:
        conn.execute("insert into public.groups (wa_group_id, name, monitor) values (%s, 'Dinner', true)", (GROUP,))
    port = free_port("127.0.0.1", 9950, what="a test", variable="-")
    return environment | {"WA_LISTEN_PORT": str(port), "WA_WEBHOOK_SECRET_BAILEYS": SECRET}


def test_a_webhook_is_soon_found_by_search_and_days_are_replayed_as_one_run(
    up: tuple[subprocess.Popen[str], dict[str, str]], database_url: str
) -> None:
    _, links = up
    deliver(links["webhooks"], "Who brings the artichokes?")
    with psycopg.connect(database_url, autocommit=True) as conn:
        deadline = time.monotonic() + 45
        while not search(conn, SearchQuery(q="artichokes")).items:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=ago)).isoformat() for ago in (2, 1, 0)]
    answer = graphql.ask(links["dagster"], BACKFILL, {"days": days})
    assert answer
    launched = answer["launchPartitionBackfill"]
    assert isinstance(launched, dict)
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    deadline = time.monotonic() + 60
    while statuses(links["dagster"], launched["backfillId"]) != ["SUCCESS"]:
        assert time.monotonic() < deadline, statuses(links["dagster"], launched["backfillId"])
        time.sleep(0.5)


def deliver(door: str, text: str) -> None:
    message = {
        "key": {"remoteJid": GROUP, "fromMe": False, "id": "WEBHOOK01", "participant": "447700900001@s.whatsapp.net"},
        "message": {"conversation": text},
        "messageTimestamp": 1731000007,
        "pushName": "Alice",
    }
    body = {"event": "messages.upsert", "data": {"type": "notify", "messages": [message]}}
    answer = httpx.post(f"{door.rstrip('/')}/baileys", json=body, headers={"X-Webhook-Secret": SECRET})
    answer.raise_for_status()


def statuses(dagster: str, backfill: str) -> list[str]:
    answer = graphql.ask(dagster, RUNS, {"id": backfill})
    assert answer
    runs = answer["runsOrError"]
    assert isinstance(runs, dict)
    return [run["status"] for run in runs["results"]]
