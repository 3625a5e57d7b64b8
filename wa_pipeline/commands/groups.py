"""`wa groups`."""

from __future__ import annotations

from dataclasses import asdict

import click

from wa_pipeline.archive import groups as rows
from wa_pipeline.archive.groups import SAMPLE
from wa_pipeline.commands.opening import reading, writing
from wa_pipeline.commands.output import print_json
from wa_pipeline.errors import GroupUnknown


@click.group()
def groups() -> None:
    """List the groups, and choose which are monitored."""


@groups.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(as_json: bool) -> None:
    """Every group: whether it is monitored, how many messages there are, what waits for it to be switched on."""
    with reading() as ctx, ctx.connect() as conn:
        found = rows.listed(conn)
    if as_json:
        print_json({"groups": [{**asdict(group), "sample": group.wa_group_id == SAMPLE} for group in found]})
        return
    for group in found:
        notes = f"{group.messages:,} messages" if group.wa_group_id != SAMPLE else "a sample, nobody's group"
        waiting = f", {group.held:,} deliveries wait for it" if group.held and not group.monitor else ""
        click.echo(f"{'on ' if group.monitor else 'off'}  {group.wa_group_id:32}  {group.name} ({notes}{waiting})")


@groups.command()
@click.argument("jid")
@click.argument("switch", type=click.Choice(["on", "off"]), metavar="on|off")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def monitor(jid: str, switch: str, as_json: bool) -> None:
    """Switch a group on or off. What came while it was off and is still in the inbox is interpreted then."""
    with reading() as ctx, ctx.connect() as conn:
        if not rows.set_monitor(conn, jid, switch == "on"):
            raise GroupUnknown(group=jid)
    if as_json:
        print_json({"group": jid, "monitor": switch == "on"})
    else:
        click.echo(f"{jid} is {switch}")


@groups.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def refresh(as_json: bool) -> None:
    """Learn the groups and their names from the gateway; without one, from what the archive has heard of."""
    from wa_pipeline.recorded import run_job

    with writing() as ctx:
        found = run_job(ctx, "discover_groups").metadata["groups"]
    names = ("gateway", "new", "renamed", "named", "unchanged", "blocked", "total")
    report = {name: found.get(name) for name in names}
    if as_json:
        print_json(report)
        return
    click.echo(
        f"{report['total']} groups by {report['gateway']}: {report['new']} new, {report['renamed']} renamed,"
        f" {report['named']} named for the first time, {report['unchanged']} as they were"
    )
