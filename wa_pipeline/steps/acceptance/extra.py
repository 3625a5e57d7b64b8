"""What the archive promises beyond the nine: the plans of its queries, its languages, its rights, its secrets,
its live messages."""

from __future__ import annotations

from dataclasses import asdict

from wa_pipeline.archive import plans, search_index
from wa_pipeline.archive.migrations import catalog, verify
from wa_pipeline.archive.sealed import check_sealed
from wa_pipeline.steps.acceptance.live import LIVE
from wa_pipeline.steps.acceptance.model import Criterion, Verdict
from wa_pipeline.steps.context import Context

SHOWN = 5


def chat_plan(ctx: Context) -> Verdict:
    """EXPLAIN of a chat's newest messages."""
    with ctx.connect() as conn:
        return _planned(plans.plan_of_chat(conn), ("messages_chat_ts_idx", "messages_chat_ts_id_idx"))


def kind_plan(ctx: Context) -> Verdict:
    """EXPLAIN of the newest messages of a kind."""
    with ctx.connect() as conn:
        return _planned(plans.plan_of_kind(conn), ("messages_kind_ts_idx",))


def _planned(plan: plans.Plan, wanted: tuple[str, ...]) -> Verdict:
    choice = "the planner's own choice" if plan.by_choice else "too few rows for it to pay yet; asked to, the planner"
    reached = any(index in wanted for index in plan.indexes) and "Sort" not in plan.nodes
    return Verdict(reached, f"{choice}:\n{plan.text}")


def every_script(ctx: Context) -> Verdict:
    with ctx.connect() as conn:
        wrong = catalog.text_findings(conn)
    return Verdict(not wrong, "; ".join(wrong) or "UTF-8; Hebrew and Chinese give trigrams")


def schema_as_migrated(ctx: Context) -> Verdict:
    """The live catalog against a scratch copy built from the files; rights of Supabase's public roles with it."""
    report = verify(ctx.archive_url)
    if report.ok:
        return Verdict(True, f"as the migrations make it, by comparison with a scratch {report.compared_with}")
    return Verdict(False, _some(report.findings))


def sealed_rows_open(ctx: Context) -> Verdict:
    with ctx.connect() as conn:
        wrong = check_sealed(conn, ctx.sealer)
    return Verdict(not wrong, _some(wrong) if wrong else "every sealed value opens with the keys at hand")


def index_true(ctx: Context) -> Verdict:
    """Every message in the index as it is, or in its backlog; nothing else there."""
    with ctx.connect() as conn:
        state = search_index.state(conn)
    return Verdict(state.ok, ", ".join(f"{count:,} {name}" for name, count in asdict(state).items()))


def _some(findings: list[str]) -> str:
    more = f"; and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return "; ".join(findings[:SHOWN]) + more


EXTRA: tuple[Criterion, ...] = (
    Criterion("plan_chat_newest", "A chat's newest messages come from an index", "schema", chat_plan),
    Criterion("plan_kind_newest", "A kind's newest messages come from an index", "schema", kind_plan),
    Criterion("every_script", "Words of every script can be searched", "schema", every_script),
    Criterion(
        "schema_verified", "The live schema is the migrations', with no rights left open", "schema", schema_as_migrated
    ),
    Criterion("sealed_rows_open", "Every sealed value decrypts", "schema", sealed_rows_open),
    Criterion("search_index_true", "The index of the search says what the messages say", "search_index", index_true),
    *LIVE,
)
