"""DAGSTER_HOME: where Dagster's settings lie, and the environment its processes need to find them."""

from __future__ import annotations

import os
from pathlib import Path

from wa_pipeline.instance.url import dagster_url
from wa_pipeline.settings import REPOSITORY, Settings

CONFIG = REPOSITORY / "dagster.yaml"


def prepare_home(settings: Settings) -> Path:
    """The folder with dagster.yaml in it. Under WA_HOME the file is ours and follows the repository's; in a
    DAGSTER_HOME the user chose, a dagster.yaml that is there already is left as it is."""
    home = settings.dagster_folder
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    wanted = CONFIG.read_bytes()
    theirs = settings.dagster_home is not None and settings.dagster_home != settings.home / "dagster"
    if target.exists() and (theirs or target.read_bytes() == wanted):
        return home
    draft = target.with_name(f"dagster.yaml.{os.getpid()}")
    draft.write_bytes(wanted)
    draft.replace(target)
    return home


def environment(settings: Settings, url: str) -> dict[str, str]:
    """The variables a Dagster process needs besides those of this one: its home and its database at `url`."""
    return {
        "DAGSTER_HOME": str(prepare_home(settings)),
        "DAGSTER_PG_URL": dagster_url(url),
        "WA_HOME": str(settings.home),
    }
