"""What `wa up` costs while nothing happens: the processor's time and the memory of all its processes, by what they are.

    python -m bench.idle [--seconds 120] [--json]

The baseline is the share of a core that one process spends which asks PostgreSQL one question a second, as the smallest
daemon would: a figure of this machine, from the same minutes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from bench.live import environment, settings, up
from wa_pipeline.steps.context import open_context

NAMES = {
    "dagster._daemon": "daemon",
    "dagster_webserver": "web server",
    "code_server": "code server",
    "forkserver": "what runs are forked from",
    "resource_tracker": "resource tracker",
    "postgres": "PostgreSQL",
    "main() console": "console",
    "main() listen": "webhooks",
    "main() up": "supervisor",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=120)
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), given.seconds)
    if given.json:
        print(json.dumps(result))
        return
    for name, one in result.items():
        print(f"{name:28}{one['core_percent']:>8.2f} % of a core{one['unique_mb']:>8.0f} MB of its own")


def measure(folder: Path, seconds: float) -> dict[str, dict[str, float]]:
    """By process: percent of one core over the time, and the memory nobody shares with it, in MB."""
    env = environment(folder / "home", "http://127.0.0.1:9")
    with up(env), open_context(settings(env)) as ctx, ctx.connect(autocommit=True) as conn:
        time.sleep(60)
        (before, _), began, own = looked_at(), time.monotonic(), time.process_time()
        while time.monotonic() - began < seconds:
            conn.execute("select value from public.runtime_flags where key = 'fetch_groups_requested'")
            time.sleep(1)
        took = time.monotonic() - began
        after, memory = looked_at()
        shares = {name: 100 * (cpu - before.get(name, 0.0)) / took for name, cpu in after.items()}
        rows = {name: {"core_percent": share, "unique_mb": memory.get(name, 0.0)} for name, share in shares.items()}
        rows["all of it"] = {"core_percent": sum(shares.values()), "unique_mb": sum(memory.values())}
        rows["a question a second"] = {"core_percent": 100 * (time.process_time() - own) / took, "unique_mb": 0.0}
    return rows


def looked_at() -> tuple[dict[str, float], dict[str, float]]:
    """(CPU seconds, MB nobody shares) by process. The seconds include ended children's: what came and went belongs to
    whoever started it."""
    spent: dict[str, float] = defaultdict(float)
    unique: dict[str, float] = defaultdict(float)
    for process in psutil.Process().children(recursive=True):
        try:
            name, times = name_of(process), process.cpu_times()
            spent[name] += times.user + times.system + times.children_user + times.children_system
            unique[name] += process.memory_full_info().uss / 1e6
        except psutil.NoSuchProcess:
            continue
    return spent, unique


def name_of(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    return next((name for part, name in NAMES.items() if part in line), line[:24] or process.name())


if __name__ == "__main__":
    main()
