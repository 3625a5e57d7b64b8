"""The `wa` command. Each subcommand is a module of `commands/`, loaded only when it is called."""

from __future__ import annotations

import importlib
import io
import os
import sys

import click

from wa_pipeline import __version__
from wa_pipeline.commands.sentences import sentence

COMMANDS = {
    "demo": "Import the sample archive, read its media, show what can be found.",
    "up": "Start the database, Dagster and the console; print the links.",
    "import": "Import WhatsApp chat exports (.zip or .txt).",
    "ingest": "Land live messages from files and interpret them.",
    "listen": "Take live messages from workers and gateways by webhook.",
    "groups": "List the groups, and choose which are monitored.",
    "search": "Search messages, words in pictures and spoken words.",
    "enrich": "Take the text from pictures, documents and voice notes that wait for it.",
    "failures": "List what failed, and why.",
    "retry": "Try again what failed.",
    "acceptance": "Check the archive against the acceptance list.",
    "doctor": "Say what is set up, what is missing, and how to change it.",
    "migrate": "Bring the database schema up to date.",
    "search-index": "Compare the index of the search with the archive, or build it anew.",
    "secrets": "Rotate the keys that seal secrets.",
    "console": "Serve the console alone.",
    "mcp": "Let an assistant search and read the archive (Model Context Protocol).",
    "test": "Run the test suite; arguments go to pytest.",
}


class Lazy(click.Group):
    """A group whose commands are imported by name: `wa search` pays for nothing that Dagster or an engine needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = {"import": "import_"}.get(cmd_name, cmd_name).replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"wa_pipeline.commands.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wa")
def wa() -> None:
    """Your WhatsApp groups in your own Supabase, searchable down to the words inside pictures and voice notes."""


def main() -> None:
    """Run the command line: exit 0 = done, 1 = something failed (one line says what), 2 = wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a pipe in another encoding shows what it cannot write as escapes; it never ends a command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(wa.main(prog_name="wa", standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("wa: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("WA_DEBUG"):
            raise
        click.echo(f"wa: {sentence(error)}", err=True)
        sys.exit(getattr(error, "exit_code", 1))
