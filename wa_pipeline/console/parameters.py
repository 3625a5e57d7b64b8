"""What a request may ask of the search, from the words of its query string."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from wa_pipeline.archive.search import MAX_LIMIT, SearchQuery
from wa_pipeline.archive.search_terms import MODES
from wa_pipeline.errors import BadParameter

KINDS = ("text", "image", "video", "audio", "doc", "other")
MAX_TERM = 500
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}

T = TypeVar("T")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def search_query(
    *,
    q: str | None = None,
    chat_id: str | None = None,
    group_id: str | None = None,
    sender: str | None = None,
    kind: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: str | None = None,
    cursor: str | None = None,
    group_name: str | None = None,
    has_media: str | None = None,
    mode: str | None = None,
) -> SearchQuery:
    """The search meant; an empty parameter is one not given. Raises `BadParameter` naming the one that is malformed."""
    given = {"q": q, "chat_id": chat_id, "sender": sender, "cursor": cursor, "group_name": group_name}
    for name, value in given.items():
        if value and ("\x00" in value or len(value) > MAX_TERM):
            raise BadParameter(name=name, reason=f"at most {MAX_TERM} characters, none of them NUL")
    if kind and kind not in KINDS:
        raise BadParameter(name="kind", reason=f"one of {', '.join(KINDS)}")
    return SearchQuery(
        q=q or None,
        chat_id=chat_id or None,
        group_id=_uuid("group_id", group_id) if group_id else None,
        sender=sender or None,
        kind=kind or None,
        since=_time("since", since) if since else None,
        until=_time("until", until) if until else None,
        limit=number("limit", limit, 1, MAX_LIMIT, 50),
        cursor=cursor or None,
        group_name=group_name or None,
        has_media=_choice("has_media", has_media, BOOLEANS),
        mode=_choice("mode", mode, {each: each for each in MODES}) or MODES[0],
    )


def number(name: str, value: str | None, least: int, most: int, default: int) -> int:
    """A whole number a request gives, `default` where it gives none."""
    if not value:
        return default
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or not least <= int(value) <= most:
        raise BadParameter(name=name, reason=f"a number from {least} to {most} is wanted")
    return int(value)


def _choice(name: str, value: str | None, meant: Mapping[str, T]) -> T | None:
    if not value:
        return None
    if value.lower() not in meant:
        raise BadParameter(name=name, reason=f"one of {', '.join(meant)}")
    return meant[value.lower()]


def _uuid(name: str, value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise BadParameter(name=name, reason="a UUID is wanted") from None


def _time(name: str, value: str) -> datetime:
    # An unescaped `+` of a time zone arrives as a space.
    value = re.sub(r" (\d\d:\d\d)$", r"+\1", value.strip())
    try:
        if _DATE.fullmatch(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        if found := _TIME.fullmatch(value):
            return datetime.fromisoformat("{}T{}{}".format(*found.groups()).upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadParameter(name=name, reason="a time such as 2024-01-31T12:00:00Z, or a day such as 2024-01-31, is wanted")
