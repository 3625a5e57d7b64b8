"""The index of the search, looked after by hand: what is wrong is told, and put right by a recorded run."""

from __future__ import annotations

from pathlib import Path

from tests.commands.shell import wa
from wa_pipeline.steps.context import Context

CHAT = "24/03/2024, 09:15 - Ann: Good morning, gardeners\n24/03/2024, 09:16 - Ben: The key is under the pot\n"


def test_a_row_that_lies_is_found_and_put_right(archive: Context, tmp_path: Path) -> None:
    export = tmp_path / "WhatsApp Chat with Garden.txt"
    export.write_text(CHAT, encoding="utf-8")
    assert wa("import", "--tz", "UTC", export).code == 0
    true = wa("search-index", "verify", "--json")
    assert (true.code, true.json["ok"], true.json["indexed"], true.json["waiting"]) == (0, True, 2, 0)

    with archive.connect() as conn:
        conn.execute("update public.message_search set norm = 'nothing of the kind' where norm like '%key%'")
        conn.execute("delete from public.message_search where norm like '%morning%'")
    wrong = wa("search-index", "verify", "--json")
    assert (wrong.code, wrong.json["stale"], wrong.json["missing"]) == (1, 1, 1)

    rebuilt = wa("search-index", "rebuild", "--json")
    assert (rebuilt.code, rebuilt.json["repaired"], rebuilt.json["indexed"]) == (0, 2, 2), rebuilt.err
    assert wa("search-index", "verify").code == 0
    assert "under the pot" in wa("search", "the key").out
    assert wa("search-index", "fill", "--json").json["indexed"] == 0


def test_a_name_that_is_typed_leads_to_what_that_person_said(archive: Context, tmp_path: Path) -> None:
    export = tmp_path / "WhatsApp Chat with Garden.txt"
    export.write_text(CHAT, encoding="utf-8")
    assert wa("import", "--tz", "UTC", export).code == 0
    typed = wa("search", "ben pot")
    assert "From Ben: wa search pot --sender Ben" in typed.err
    assert "under the pot" in wa("search", "pot", "--sender", "Ben").out
    assert wa("search", "ben", "--json").json["named"]["people"] == [{"sender": "Ben", "name": "Ben"}]
