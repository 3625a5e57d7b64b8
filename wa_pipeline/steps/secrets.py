"""Sealing keys rotated."""

from __future__ import annotations

from wa_pipeline.archive.sealed import rotate_all
from wa_pipeline.sealing import KEY_FILE, KeyFile, Sealer
from wa_pipeline.steps.context import Context


def rotate_keys(ctx: Context) -> int:
    """Seal every value anew with the newest key; how many. Where the keys are a file of ours, a key is added first."""
    settings = ctx.settings
    if settings.secret_keys is None:
        KeyFile(settings.secrets_folder / KEY_FILE).add_first()
    with ctx.connect() as conn:
        return rotate_all(conn, Sealer.from_settings(settings))
