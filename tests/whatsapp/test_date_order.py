# ruff: noqa: E501 - tables read best one row a line
"""Day first or month first: decided by the file, else by the user, never by a guess."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.whatsapp.conftest import Read
from wa_pipeline.errors import ExportDatesAmbiguous, ExportDatesContradict

Parse = Callable[..., Read]


def chat(*dates: str, body: str = "hi") -> str:
    return "".join(f"{date}, 10:00 - Ann: {body}\n" for date in dates)


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["01/02/24", "13/02/24"], "dmy"), (["01/02/24", "02/13/24"], "mdy"), (["2024-02-01"], "ymd"), (["24/1/31"], "ymd"),
        (["05/05/24"], "dmy"), (["13/01/2567"], "dmy"),
    ],
)  # fmt: skip
def test_a_value_over_twelve_or_a_year_in_front_decides(dates: list[str], order: str, parse: Parse) -> None:
    assert parse(chat(*dates)).export.date_order == order


def test_a_value_over_twelve_may_come_late(parse: Parse) -> None:
    assert parse(chat(*["03/04/24"] * 30_000, "14/04/24", body="x" * 40)).export.date_order == "dmy"


@pytest.mark.parametrize(
    ("dates", "order"), [(["01/02/24", "01/09/24", "02/01/24"], "mdy"), (["01/02/24", "09/02/24", "01/03/24"], "dmy")]
)
def test_time_running_forwards_decides(dates: list[str], order: str, parse: Parse) -> None:
    found = parse(chat(*dates))
    assert found.export.date_order == order
    assert "backwards" in found.export.order_evidence


def test_media_names_decide(parse: Parse) -> None:
    text = chat("03/04/24", body="IMG-20240403-WA0001.jpg (file attached)")
    assert parse(text).export.date_order == "dmy"
    text = "[03/04/24, 10:00:00] Ann: \u200e<attached: 00000012-PHOTO-2024-03-04-10-00-00.jpg>\n"
    assert parse(text).export.date_order == "mdy"


def test_otherwise_the_user_decides(parse: Parse) -> None:
    with pytest.raises(ExportDatesAmbiguous, match=r"_chat\.txt.*--date-order dmy or --date-order mdy"):
        parse(chat("03/04/24", "04/04/24"))
    assert parse(chat("03/04/24", "04/04/24"), date_order="mdy").export.date_order == "mdy"


@pytest.mark.parametrize(
    ("dates", "wanted"),
    [
        (["01/02/24", "13/02/24"], "mdy"),
        (["01/02/24", "02/13/24"], "dmy"),
        (["2024-02-01"], "dmy"),
        (["01/02/24", "01/09/24", "02/01/24"], "dmy"),
    ],
)
def test_a_user_who_contradicts_the_file_is_told(dates: list[str], wanted: str, parse: Parse) -> None:
    with pytest.raises(ExportDatesContradict, match=r"_chat\.txt: line \d"):
        parse(chat(*dates), date_order=wanted)


def test_a_later_date_against_the_order_is_told_with_its_line(parse: Parse) -> None:
    early = chat("13/02/24", *["14/02/24"] * 5_000, body="x" * 80)
    with pytest.raises(ExportDatesContradict, match=r"line 5002 says 02/15/24"):
        parse(early + chat("02/15/24"))


def test_dates_that_vary_where_a_year_would_stand_are_asked_about(parse: Parse) -> None:
    with pytest.raises(ExportDatesAmbiguous, match="ymd"):
        parse(chat("24/01/20", "24/01/21", "24/01/22"))
