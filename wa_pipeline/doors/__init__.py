"""Where live events come in: webhooks that answer once what they were given cannot be lost any more."""

from __future__ import annotations

from wa_pipeline.doors.app import create_app

__all__ = ["create_app"]
