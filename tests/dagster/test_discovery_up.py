"""Requests for the groups, with everything running for real: one run for each, whatever happens to the daemon."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import psycopg
import pytest

from tests.live.waha_standin import KEY, WahaWorld, serving_waha
from wa_pipeline.archive import flags
from wa_pipeline.up import graphql

CHOIR, BAND = "120363000000000001@g.us", "120363000000000002@g.us"
KILLED = 2
RUNS = """
query { runsOrError(filter: {pipelineName: "discover_groups"}) { ... on Runs { results { status tags { key value }
  assetMaterializations { metadataEntries { label ... on IntMetadataEntry { intValue } } } } } } }
"""
TICKS = """
query ($name: String!) { sensorOrError(sensorSelector: {repositoryLocationName: "wa_pipeline",
  repositoryName: "__repository__", sensorName: $name}) {
  ... on Sensor { sensorState { ticks(limit: 10) { status skipReason } } } } }
"""


@pytest.fixture
def waha() -> Iterator[WahaWorld]:
    with serving_waha() as world:
        world.groups = [{"id": CHOIR, "subject": "Choir"}, {"id": BAND, "subject": "Band"}]
        yield world


@pytest.fixture
def environment(environment: dict[str, str], waha: WahaWorld) -> dict[str, str]:
    """That of every `wa up` here, with a gateway."""
    return environment | {"WA_GATEWAY": "waha", "WA_GATEWAY_URL": waha.server.url, "WA_GATEWAY_KEY": KEY}


def test_each_request_is_one_run_also_when_the_daemon_is_killed(
    up: tuple[subprocess.Popen[str], dict[str, str]], waha: WahaWorld, database_url: str
) -> None:
    process, links = up
    with psycopg.connect(database_url, autocommit=True) as conn:
        served = [flags.requested(conn, flags.FETCH_GROUPS)]
        until(lambda: is_served(conn), "the seed's own request")
        known = dict(conn.execute("select wa_group_id, name from groups where wa_group_id like '1203630%'").fetchall())
        assert known == {CHOIR: "Choir", BAND: "Band"}

        waha.groups[0]["subject"] = "Big choir"
        # Killed before it can have seen the request, then while the run it asked for is at work.
        daemon_of(process).kill()
        served.append(flags.request(conn, flags.FETCH_GROUPS))
        until(lambda: is_served(conn), "a request made while the daemon was away")
        waha.server.slow = 2
        before = len(waha.server.asked)
        served.append(flags.request(conn, flags.FETCH_GROUPS))
        until(lambda: len(waha.server.asked) > before, "the run to ask the gateway")
        daemon_of(process).kill()
        # Whatever is asked for meanwhile becomes one more run, that of the last.
        for _ in range(3):
            last = flags.request(conn, flags.FETCH_GROUPS)
        until(lambda: is_served(conn), "the last of several requests")
        served.append(last)
        renames = conn.execute("select detail->>'from', detail->>'to' from audit_log where kind = 'group_rename'")
        assert renames.fetchall() == [("Choir", "Big choir")]
        until(lambda: {run["status"] for run in runs(links)} == {"SUCCESS"}, "the runs to end")
        until(lambda: forks_of(process) > 0, "the runs to have been forked")

    found = runs(links)
    asked = Counter(tag["value"] for run in found for tag in run["tags"] if tag["key"] == "wa/asked_at")
    assert asked == Counter(served)
    assert len(found) == len(served)
    shown = [{entry["label"]: entry.get("intValue") for entry in run["assetMaterializations"][0]["metadataEntries"]}
             for run in reversed(found)]  # fmt: skip
    counts = [(one["new"], one["renamed"], one["unchanged"]) for one in shown]
    assert counts == [(2, 0, 0), (0, 1, 1), (0, 0, 2), (0, 0, 2)]
    assert waha.wrong == []
    for sensor in ("discovery_requested", "qr_requested", "inbox_due", "media_due", "pictures_due", "speech_due"):
        answer = graphql.ask(links["dagster"], TICKS, {"name": sensor})
        assert answer
        ticks = answer["sensorOrError"]["sensorState"]["ticks"]  # type: ignore[index,call-overload]
        assert ticks
        silent = [tick for tick in ticks if tick["status"] == "SKIPPED" and not tick["skipReason"]]
        # A tick that died with its daemon is called skipped by the next one, without a word.
        assert len(silent) <= KILLED, sensor


def forks_of(process: subprocess.Popen[str]) -> float:
    """CPU seconds of the ended runs that were forked from what has everything loaded."""
    family = psutil.Process(process.pid).children(recursive=True)
    [loaded] = [one for one in family if "multiprocessing.forkserver" in " ".join(command_of(one))]
    times = loaded.cpu_times()
    return float(times.children_user + times.children_system)


def command_of(child: psutil.Process) -> list[str]:
    """Its command line; none where it has just ended, as a child may between being listed and being asked."""
    try:
        return child.cmdline()
    except psutil.NoSuchProcess:
        return []


def daemon_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The daemon under `wa up`, the one that runs at this moment."""

    def found() -> list[psutil.Process]:
        children = psutil.Process(process.pid).children()
        return [child for child in children if "dagster._daemon" in " ".join(command_of(child))]

    until(lambda: bool(found()), "the daemon")
    return found()[0]


def is_served(conn: psycopg.Connection) -> bool:
    found = flags.state(conn, flags.FETCH_GROUPS)
    return found is not None and found.handled


def runs(links: dict[str, str]) -> list[dict[str, Any]]:
    """Newest first."""
    answer = graphql.ask(links["dagster"], RUNS)
    assert answer
    found: list[dict[str, Any]] = answer["runsOrError"]["results"]  # type: ignore[index,call-overload]
    return found


def until(true: Callable[[], bool], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
