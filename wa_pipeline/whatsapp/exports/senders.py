"""Names as exports write them, cleaned once each."""

from __future__ import annotations

import re
from typing import Final

from wa_pipeline.whatsapp.exports.periods import MARKS, SPACES
from wa_pipeline.whatsapp.exports.system import ends_inside_a_group_name

_MARK: Final = re.compile(f"[{MARKS}]")
_UNSAVED: Final = re.compile(f"^~[{SPACES}]+")
_LONGEST_NAME: Final = 150
_REMEMBERED: Final = 20_000


def clean_name(name: str) -> str:
    """The display name without direction marks and the `~ ` that stands before names not in the address book."""
    return _UNSAVED.sub("", _MARK.sub("", name)).strip(SPACES)


class Senders(dict[str | None, str | None]):
    """What stands before the first `: ` of a message to its sender's name; None where that is no name."""

    def __missing__(self, raw: str | None) -> str | None:
        if len(self) >= _REMEMBERED:
            self.clear()
        name = None
        if raw is not None and len(raw) <= _LONGEST_NAME and not ends_inside_a_group_name(raw):
            name = clean_name(raw)
        self[raw] = name
        return name
