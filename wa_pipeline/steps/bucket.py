"""The bucket that media lie in."""

from __future__ import annotations

from wa_pipeline.steps.context import Context
from wa_pipeline.storage import BucketState, require_private


def ensure_bucket(ctx: Context) -> BucketState:
    """Create the private bucket where there is none. Raises `BucketPublic` for one the world can read: it is the
    owner's to close, and never silently flipped."""
    state = ctx.store.ensure_bucket()
    require_private(ctx.store)
    return state
