"""Day first or month first? The file itself usually says; where it does not, the user must.

Evidence, strongest first: a number over 12, then time running forwards, then the dates in media file names, then the
caller's word. A caller who contradicts the file is told so, because a wrong order scatters a chat over the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, get_args

from wa_pipeline.errors import ExportDatesAmbiguous, ExportDatesContradict
from wa_pipeline.whatsapp.exports.clock import FIRST_YEAR, BadStamp, DateOrder, read_date
from wa_pipeline.whatsapp.exports.layout import Layout, Pieces

_NUMBER: Final = re.compile(r"\d+")
_ANDROID_NAME: Final = re.compile(r"[A-Z]{3}-(\d{4})(\d{2})(\d{2})-WA\d{4}")
_IOS_NAME: Final = re.compile(r"\d{8}-[A-Z_]+-(\d{4})-(\d{2})-(\d{2})-\d{2}-\d{2}-\d{2}")
_SLACK_DAYS: Final = 2
"""Messages arrive late and clocks are set; only a larger step back speaks against an order."""


@dataclass
class Dates:
    """What a file's dates say, gathered until they decide."""

    runs: list[tuple[str, int]] = field(default_factory=list)
    """Each date as written with its line, wherever it differs from the one before."""
    named: list[tuple[str, date]] = field(default_factory=list)
    """Dates as written beside the date in a media file's name in that message."""
    impossible: dict[DateOrder, tuple[str, int]] = field(default_factory=dict)
    """Order to the first date (and its line) that rules it out."""

    def add(self, text: str, line: int) -> None:
        """Take note of a header's date."""
        if self.runs and self.runs[-1][0] == text:
            return
        self.runs.append((text, line))
        for order in get_args(DateOrder):
            if order not in self.impossible and not _possible(text, order):
                self.impossible[order] = (text, line)

    def decided_by_value(self) -> bool:
        """Whether a number over 12 has already ruled one of day first and month first out, and not the other."""
        return ("dmy" in self.impossible) != ("mdy" in self.impossible)


@dataclass(frozen=True)
class Decision:
    """The order, and what decided it, in words."""

    order: DateOrder
    evidence: str


def _possible(text: str, order: DateOrder) -> bool:
    try:
        return FIRST_YEAR <= read_date(text, order).year <= datetime.now(UTC).year + 1
    except BadStamp:
        return False


def gather(dates: Dates, pieces: Pieces, line: int) -> int:
    """Feed headers and media file names to `dates`; takes the number of lines before, gives that after."""
    line += pieces.before.count("\n")
    for text, body in zip(pieces.dates, pieces.bodies, strict=True):
        line += 1
        dates.add(text, line)
        if len(dates.named) < 1_000:
            name = _ANDROID_NAME.search(body, 0, 200) or _IOS_NAME.search(body)
            if name:
                _add_named(dates, text, name)
        line += body.count("\n")
    return line


def _add_named(dates: Dates, text: str, name: re.Match[str]) -> None:
    with suppress(ValueError):
        dates.named.append((text, date(int(name[1]), int(name[2]), int(name[3]))))


def decide(file: str, layout: Layout, dates: Dates, wanted: str | None) -> Decision:
    """The order of this file's dates.

    Raises ExportDatesAmbiguous where nothing decides and the caller said nothing, ExportDatesContradict where a date
    speaks against what the other dates or the caller say.
    """
    found = _from_the_file(file, layout, dates)
    if wanted is None:
        if found is None:
            orders = "dmy or --date-order ymd" if _looks_year_first(dates) else "dmy or --date-order mdy"
            raise ExportDatesAmbiguous(file=file, example=dates.runs[0][0], orders=orders)
        return found
    order = next(order for order in get_args(DateOrder) if order == wanted)
    if order in dates.impossible or (layout.year_first and order != "ymd"):
        stamp, line = dates.impossible.get(order, dates.runs[0])
        raise ExportDatesContradict(file=file, line=line, stamp=stamp, order=order, evidence="you said --date-order")
    if found and found.order != order and not found.evidence.startswith("the same"):
        stamp, line = _first_step_back(dates.runs, order) or dates.runs[0]
        raise ExportDatesContradict(file=file, line=line, stamp=stamp, order=order, evidence=found.evidence)
    return Decision(order, "--date-order")


def _from_the_file(file: str, layout: Layout, dates: Dates) -> Decision | None:
    if layout.year_first:
        _refuse_impossible(file, dates, "ymd", "the file's dates begin with the year")
        return Decision("ymd", "year first")
    if _looks_year_first(dates):
        return None
    bad = dates.impossible
    if "dmy" in bad and "mdy" in bad:
        if "ymd" not in bad:
            return Decision("ymd", f"line {bad['dmy'][1]} says {bad['dmy'][0]}")
        order, (stamp, line) = max(((o, bad[o]) for o in ("dmy", "mdy")), key=lambda item: item[1][1])
        first = min(bad["dmy"][1], bad["mdy"][1])
        raise ExportDatesContradict(
            file=file, line=line, stamp=stamp, order=order, evidence=f"line {first} rules out the other"
        )
    if "dmy" in bad or "mdy" in bad:
        order, other = ("mdy", "dmy") if "dmy" in bad else ("dmy", "mdy")
        stamp, line = bad[other]  # type: ignore[index]
        return Decision(order, f"line {line} says {stamp}")  # type: ignore[arg-type]
    texts = [text for text, _ in dates.runs]
    if all(read_date(text, "dmy") == read_date(text, "mdy") for text in texts):
        return Decision("dmy", "the same either way")
    return _by_time(dates.runs) or _by_names(dates.named)


def _looks_year_first(dates: Dates) -> bool:
    """Whether dates vary where the year would stand and hardly where the day would: 24/1/20, 24/1/21, 24/1/22."""
    if "ymd" in dates.impossible or ("dmy" in dates.impossible and "mdy" in dates.impossible):
        return False
    numbers = [_NUMBER.findall(text) for text, _ in dates.runs]
    last = {number[2] for number in numbers}
    return len(last) >= 3 and len({number[0] for number in numbers}) < len(last) > len(
        {number[1] for number in numbers}
    )


def _refuse_impossible(file: str, dates: Dates, order: DateOrder, evidence: str) -> None:
    if order in dates.impossible:
        stamp, line = dates.impossible[order]
        raise ExportDatesContradict(file=file, line=line, stamp=stamp, order=order, evidence=evidence)


def _first_step_back(runs: Iterable[tuple[str, int]], order: DateOrder) -> tuple[str, int] | None:
    previous = date.min
    for text, line in runs:
        day = read_date(text, order)
        if (previous - day).days > _SLACK_DAYS:
            return text, line
        previous = day
    return None


def _by_time(runs: Sequence[tuple[str, int]]) -> Decision | None:
    back = {order: _first_step_back(runs, order) for order in get_args(DateOrder)[:2]}
    if (back["dmy"] is None) == (back["mdy"] is None):
        return None
    order: DateOrder = "dmy" if back["dmy"] is None else "mdy"
    stamp, line = back["mdy" if order == "dmy" else "dmy"] or runs[0]
    return Decision(order, f"otherwise time would run backwards at line {line} ({stamp})")


def _by_names(named: Sequence[tuple[str, date]]) -> Decision | None:
    agree = {order: sum(read_date(text, order) == day for text, day in named) for order in get_args(DateOrder)[:2]}
    if agree["dmy"] == agree["mdy"] or min(agree.values()) * 3 > max(agree.values()):
        return None
    order: DateOrder = "dmy" if agree["dmy"] > agree["mdy"] else "mdy"
    return Decision(order, f"the dates in {agree[order]} media file names")
