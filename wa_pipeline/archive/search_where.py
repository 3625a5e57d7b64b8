"""What narrows a search beside its terms, and the order its rows come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from wa_pipeline.archive.cursor import Position


class Filters(Protocol):
    """What a query may ask beside its terms; since inclusive, until exclusive."""

    @property
    def chat_id(self) -> str | None: ...
    @property
    def group_id(self) -> UUID | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def has_media(self) -> bool | None: ...


@dataclass(frozen=True)
class Where:
    """Conditions put together from constants, the values for their placeholders, and the direction of the search.

    The same conditions serve the index of the search (`s`) and the messages themselves (`m`).
    """

    conditions: tuple[str, ...]
    values: Mapping[str, object]
    newer: bool = False

    @property
    def on_index(self) -> str:
        return self._on("s", "s.message_id", "s.has_media")

    @property
    def on_messages(self) -> str:
        return self._on("m", "m.id", "(m.media_id is not null)")

    def order(self, key: str = "s.message_id", ts: str = "s.ts") -> str:
        """Newest first; from the oldest up where what is newer than a place is asked for."""
        return f"order by {ts}, {key}" if self.newer else f"order by {ts} desc, {key} desc"

    def beyond(self, place: Position | None) -> Where:
        """Only what comes after `place` in the order of the search."""
        return self._beside(place, ">" if self.newer else "<", "top")

    def up_to(self, place: Position | None) -> Where:
        """Only what comes before `place`, itself included."""
        return self._beside(place, "<=" if self.newer else ">=", "bottom")

    def _beside(self, place: Position | None, comparison: str, name: str) -> Where:
        if place is None:
            return self
        condition = f"({{of}}.ts, {{key}}) {comparison} (%({name}_ts)s, %({name}_id)s)"
        values = {**self.values, f"{name}_ts": place.ts, f"{name}_id": place.id}
        return replace(self, conditions=(*self.conditions, condition), values=values)

    def _on(self, of: str, key: str, media: str) -> str:
        every = (each.format(of=of, key=key, media=media) for each in self.conditions)
        return " and ".join(every) or "true"


def filtered(
    query: Filters, senders: Sequence[str] | None, groups: Sequence[UUID] | None, *, newer: bool = False
) -> Where:
    """The conditions of a query's filters. `senders` and `groups`: one of these; None = whoever, wherever."""
    conditions: list[str] = []
    values: dict[str, object] = {}
    for name, condition in (
        ("chat_id", "{of}.chat_id = %(chat_id)s"),
        ("group_id", "{of}.group_id = %(group_id)s"),
        ("kind", "{of}.kind = %(kind)s"),
        ("since", "{of}.ts >= %(since)s"),
        ("until", "{of}.ts < %(until)s"),
    ):
        value = getattr(query, name)
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if query.has_media is not None:
        conditions.append("{media}" if query.has_media else "not {media}")
    for column, kind, many in (("sender", "text", senders), ("group_id", "uuid", groups)):
        if many is None:
            continue
        # One value can be walked in order, several cannot.
        one = f"%(one_{column})s" if len(many) == 1 else f"any(%(one_{column})s::{kind}[])"
        conditions.append(f"{{of}}.{column} = {one}")
        values[f"one_{column}"] = many[0] if len(many) == 1 else list(many)
    return Where(tuple(conditions), values, newer)


__all__ = ["Filters", "Where", "filtered"]
