"""Replies pointed at what they answer."""

from __future__ import annotations

from dataclasses import dataclass

from wa_pipeline.archive import links
from wa_pipeline.steps.context import Context


@dataclass(frozen=True)
class LinkReport:
    """`linked`: messages pointed at a parent in this run; `with_parent`: all that have one; `parents_missing`: replies
    whose quoted message is not in the archive (yet)."""

    linked: int
    with_parent: int
    parents_missing: int


def link_replies(ctx: Context) -> LinkReport:
    """Resolve quoted messages, then captions beside their pictures where nothing is quoted. Repeating it is safe."""
    with ctx.connect() as conn:
        linked = links.link_quoted(conn) + links.link_captions(conn)
        with_parent, missing = links.counts(conn)
    return LinkReport(linked, with_parent, missing)
