"""The live part of the sample archive is what its story tells, and holds what it is there to show."""

from __future__ import annotations

import json

from wa_pipeline.demo import DATA, expected, live_sample
from wa_pipeline.demo.make import live_lines


def test_the_committed_deliveries_are_the_storys() -> None:
    lines, says = live_lines(expected()["archive"]["media_sha256"])
    assert live_sample().path.read_text(encoding="utf-8") == lines
    assert live_sample().expected == says
    assert live_sample().path.parent == DATA


def test_they_come_out_of_order_and_some_of_them_twice() -> None:
    lines = live_sample().path.read_text(encoding="utf-8").splitlines()
    times = [int(json.loads(line)["data"]["messages"][0]["messageTimestamp"]) for line in lines]
    assert times != sorted(times)
    assert len(lines) > len(set(lines)) == live_sample().expected["deliveries"]


def test_a_reply_comes_before_what_it_answers() -> None:
    seen: set[str] = set()
    early = 0
    for line in live_sample().path.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)["data"]["messages"][0]
        context = (message.get("message") or {}).get("extendedTextMessage", {}).get("contextInfo", {})
        early += bool(context) and context["stanzaId"] not in seen
        seen.add(message["key"]["id"])
    assert early
