"""What was edited, deleted or left out since is recognised, whichever export comes first."""

from __future__ import annotations

import itertools

import pytest

from tests.imports.conftest import Importer
from tests.imports.pictures import png
from tests.imports.state import one, texts
from wa_pipeline.steps.context import Context

BEFORE = """\
13/04/2024, 18:00 - Ann: Dinner at seven?
13/04/2024, 18:01 - Bob: I bring the salat
13/04/2024, 18:01 - Bob: and bread
13/04/2024, 18:02 - Cem: Something I regret
"""
AFTER = """\
13/04/2024, 18:00 - Ann: Dinner at seven?
13/04/2024, 18:01 - Bob: I bring the salad <This message was edited>
13/04/2024, 18:01 - Bob: and bread
13/04/2024, 18:02 - Cem: This message was deleted
"""


@pytest.mark.parametrize("order", list(itertools.permutations((BEFORE, AFTER, BEFORE))))
def test_an_edit_and_a_deletion_are_recorded_in_any_order(
    ctx: Context, take_in: Importer, order: tuple[str, ...]
) -> None:
    for number, lines in enumerate(order):
        take_in(lines, name=f"{number}.zip", title="Dinner")
    assert texts(ctx) == [
        ("Ann", "Dinner at seven?"),
        ("Bob", "I bring the salad"),
        ("Bob", "and bread"),
        ("Cem", "Something I regret"),
    ]
    assert one(ctx, "select array_agg(text) from message_versions") == ["I bring the salat"]
    assert one(ctx, "select count(*) from messages where raw->>'edited' = 'true'") == 1
    assert one(ctx, "select count(*) from messages where raw->>'deleted' = 'true'") == 1


def test_a_second_edit_keeps_both_texts_before(ctx: Context, take_in: Importer) -> None:
    take_in(BEFORE)
    take_in(AFTER)
    report = take_in(AFTER.replace("salad <", "green salad <"))
    assert (report.edited, report.inserted) == (1, 0)
    assert one(ctx, "select array_agg(text order by text) from message_versions") == [
        "I bring the salad",
        "I bring the salat",
    ]
    assert one(ctx, "select text from messages where raw->>'edited' = 'true'") == "I bring the green salad"


def test_changes_that_cannot_be_told_apart_are_kept_and_reported(ctx: Context, take_in: Importer) -> None:
    take_in("13/04/2024, 18:01 - Bob: one\n13/04/2024, 18:01 - Bob: two\n14/04/2024, 18:01 - Bob: end\n")
    report = take_in(
        "13/04/2024, 18:01 - Bob: uno <This message was edited>\n"
        "13/04/2024, 18:01 - Bob: dos <This message was edited>\n"
        "14/04/2024, 18:01 - Bob: end\n"
    )
    assert (report.edited, report.inserted, report.duplicates) == (0, 2, 1)
    assert sum(report.skipped.values()) == 2


@pytest.mark.parametrize("with_media_first", [True, False])
def test_media_left_out_of_one_export_is_the_same_message(
    ctx: Context, take_in: Importer, with_media_first: bool
) -> None:
    with_media = "13/04/2024, 18:01 - Bob: IMG-20240413-WA0001.jpg (file attached)\n14/04/2024, 18:01 - Bob: end\n"
    without = "13/04/2024, 18:01 - Bob: <Media omitted>\n14/04/2024, 18:01 - Bob: end\n"
    imports = [(with_media, {"IMG-20240413-WA0001.jpg": png()}), (without, {})]
    for lines, media in imports if with_media_first else reversed(imports):
        take_in(lines, media=media)
    assert one(ctx, "select count(*) from messages") == 2
    assert one(ctx, "select d.mime from messages m join media d on d.id = m.media_id") == "image/png"
    assert one(ctx, "select array_agg(kind order by ts) from messages") == ["image", "text"]
