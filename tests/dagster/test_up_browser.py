"""A person at the console while everything runs: what is asked for on a page is done by Dagster, and shown there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.console.browser import PHONE, browsing, chromium, until
from tests.dagster.conftest import EXPORT
from tests.live.gateway_standins import EVOLUTION_KEY, EvolutionWorld, serving_evolution

pytest.importorskip("playwright", reason="playwright is not installed: see .ci/browser.lock")
pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")


@pytest.fixture
def gateway() -> Iterator[EvolutionWorld]:
    """A gateway with two groups, whose session waits for its code to be scanned."""
    with serving_evolution() as world:
        world.groups = [{"id": "120363000000000001@g.us", "subject": "Choir"}, {"id": "2@g.us", "subject": "Band"}]
        world.state = "connecting"
        yield world


@pytest.fixture
def environment(environment: dict[str, str], gateway: EvolutionWorld) -> dict[str, str]:
    """That of every `wa up` here, with the gateway."""
    return environment | {
        "WA_GATEWAY": "evolution",
        "WA_GATEWAY_URL": gateway.server.url,
        "WA_GATEWAY_KEY": EVOLUTION_KEY,
        "WA_GATEWAY_SESSION": "home",
    }


def test_what_a_person_asks_for_is_done_and_shown(
    up: tuple[subprocess.Popen[str], dict[str, str]], gateway: EvolutionWorld, database_url: str, tmp_path: Path
) -> None:
    _, links = up
    console = links["console"].partition("/?")[0]
    with browsing(links["console"], width=PHONE) as page:
        # Groups are fetched, and appear without the page being loaded again.
        page.goto(f"{console}/groups")
        until(page, "document.querySelector('main').innerText.includes('Choir')", seconds=150)
        gateway.groups.append({"id": "120363000000000003@g.us", "subject": "Bees"})
        page.click("text=Fetch groups")
        until(page, "document.querySelector('main').innerText.includes('Dagster is fetching them')", seconds=10)
        until(page, "document.querySelector('main').innerText.includes('1 new')", seconds=150)
        until(page, "document.querySelector('.rows').innerText.includes('Bees')", seconds=60)
        runs = page.get_attribute("text=The runs in Dagster", "href")
        assert runs == f"{links['dagster']}/assets/groups"

        # A fresh QR code comes from the gateway.
        page.goto(f"{console}/session")
        page.click("text=Refresh the QR code")
        until(page, "document.querySelector('.qr')?.naturalWidth > 100", seconds=150)

        # An export is brought in, imported, and its chat is read.
        export = tmp_path / "WhatsApp Chat with Bean Rota.txt"
        export.write_text(EXPORT)
        page.goto(f"{console}/exports")
        page.fill("input[name=tz]", "Europe/London")
        page.set_input_files("input[name=files]", str(export))
        until(page, "document.querySelector('#uploads').innerText.includes('Imported: 4 messages')", seconds=150)
        page.reload()
        page.click("text=Read the chat")
        page.wait_for_selector("text=the key is under the pot")

        # A failure is tried again and, this time, its run comes.
        with psycopg.connect(database_url) as conn:
            conn.execute("update public.import_runs set state = 'failed', reason = 'the disk was full'")
        page.goto(f"{console}/failures")
        assert "the disk was full" in page.inner_text("main")
        page.click("text=Try again")
        page.wait_for_selector("text=Nothing has failed for good")
        page.goto(f"{console}/exports")
        until(page, "document.querySelector('#known').innerText.includes('imported')", seconds=150)
