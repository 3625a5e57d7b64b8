"""What narrows a search beside its terms, and the order its rows come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
class Bound:
    """A moment, or a place in the order, before or after which rows are wanted; and the same of their time alone, with
    the value hidden from the planner."""

    condition: str
    hidden: str


@dataclass(frozen=True)
class Where:
    """Conditions and bounds put together from constants, the values for their placeholders, and the direction of the
    search.

    The same conditions serve the index of the search (`s`) and the messages themselves (`m`).
    """

    conditions: tuple[str, ...]
    values: Mapping[str, object]
    newer: bool = False
    bounds: tuple[Bound, ...] = ()

    @property
    def on_index(self) -> str:
        return self._on("s", "s.message_id", "s.has_media")

    @property
    def on_messages(self) -> str:
        return self._on("m", "m.id", "(m.media_id is not null)")

    @property
    def span(self) -> str:
        """The bounds of the time alone. The planner takes what lies between two for half a percent of the rows: its
        statistics may be older than those."""
        return _all(each.hidden for each in self.bounds)

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
        bound = Bound(
            f"({{of}}.ts, {{key}}) {comparison} (%({name}_ts)s, %({name}_id)s)",
            f"s.ts {comparison[0]}= (select %({name}_ts)s::timestamptz)",
        )
        values = {**self.values, f"{name}_ts": place.ts, f"{name}_id": place.id}
        return replace(self, bounds=(*self.bounds, bound), values=values)

    def _on(self, of: str, key: str, media: str) -> str:
        every = (*self.conditions, *(each.condition for each in self.bounds))
        return _all(each.format(of=of, key=key, media=media) for each in every)


def _all(conditions: Iterable[str]) -> str:
    return " and ".join(conditions) or "true"


def filtered(
    query: Filters, senders: Sequence[str] | None, groups: Sequence[UUID] | None, *, newer: bool = False
) -> Where:
    """The conditions of a query's filters. `senders` and `groups`: one of these; None = whoever, wherever."""
    conditions: list[str] = []
    values: dict[str, object] = {}
    for name in ("chat_id", "group_id", "kind"):
        value = getattr(query, name)
        if value is not None:
            conditions.append(f"{{of}}.{name} = %({name})s")
            values[name] = value
    bounds: list[Bound] = []
    for name, comparison in (("since", ">="), ("until", "<")):
        moment = getattr(query, name)
        if moment is not None:
            bounds.append(
                Bound(f"{{of}}.ts {comparison} %({name})s", f"s.ts {comparison} (select %({name})s::timestamptz)")
            )
            values[name] = moment
    if query.has_media is not None:
        conditions.append("{media}" if query.has_media else "not {media}")
    for column, kind, many in (("sender", "text", senders), ("group_id", "uuid", groups)):
        if many is None:
            continue
        # One value can be walked in order, several cannot.
        one = f"%(one_{column})s" if len(many) == 1 else f"any(%(one_{column})s::{kind}[])"
        conditions.append(f"{{of}}.{column} = {one}")
        values[f"one_{column}"] = many[0] if len(many) == 1 else list(many)
    return Where(tuple(conditions), values, newer, tuple(bounds))


__all__ = ["Filters", "Where", "filtered"]
