"""The HTTP API, one subject a module."""

from __future__ import annotations

from fastapi import APIRouter

from wa_pipeline.console.routes import (
    audit,
    blocks,
    exports,
    failures,
    groups,
    health,
    media,
    messages,
    session,
    statistics,
)


def routers() -> tuple[APIRouter, ...]:
    """All of it."""
    subjects = (messages, groups, session, blocks, failures, audit, statistics, exports, media, health)
    return tuple(subject.router for subject in subjects)


__all__ = ["routers"]
