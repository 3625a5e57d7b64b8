"""What the archive promises of live messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from wa_pipeline.archive import live_checks
from wa_pipeline.steps.acceptance.model import Criterion, Verdict
from wa_pipeline.steps.context import Context

LATE = timedelta(minutes=15)


def inbox_interpreted(ctx: Context) -> Verdict:
    """No delivery has been waiting for long. None: nothing was ever delivered."""
    with ctx.connect() as conn:
        state = live_checks.inbox_state(conn)
    if not state.deliveries:
        return Verdict(None, "nothing was delivered yet")
    told = f"{state.waiting} wait for their message, {state.skipped} were left out, {state.dead} could not be read"
    if state.oldest_new and datetime.now(UTC) - state.oldest_new > LATE:
        since = state.oldest_new.astimezone(UTC).isoformat(timespec="seconds")
        return Verdict(False, f"{state.new} wait to be interpreted since {since}: start `wa up`, or run `wa ingest`")
    return Verdict(True, f"{state.deliveries} deliveries, {state.new} of them just now; {told}")


def no_secret_kept(ctx: Context) -> Verdict:
    """Media keys and addresses have left the newest messages and interpreted deliveries."""
    with ctx.connect() as conn:
        if not live_checks.inbox_state(conn).deliveries:
            return Verdict(None, "nothing was delivered yet")
        messages, deliveries = live_checks.secrets_left(conn)
    if messages or deliveries:
        return Verdict(False, f"{messages} messages and {deliveries} interpreted deliveries hold a secret")
    return Verdict(True, f"none in the newest {live_checks.SHARE} messages and deliveries")


LIVE: tuple[Criterion, ...] = (
    Criterion("inbox_interpreted", "Every delivery is interpreted soon", "messages", inbox_interpreted),
    Criterion("no_secret_kept", "Interpreting leaves no media key behind", "messages", no_secret_kept),
)
