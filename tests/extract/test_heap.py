"""What a worker frees is there for its next use, and the kernel clears no pages for it again."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

CODE = """
from resource import RUSAGE_SELF, getrusage
from wa_pipeline.extract.heap import keep_what_is_freed

def faults():
    before = getrusage(RUSAGE_SELF).ru_minflt
    _ = b"x" * (64 << 20)
    return getrusage(RUSAGE_SELF).ru_minflt - before

faults()
asked = faults()
keep_what_is_freed()
faults()
print(asked, faults())
"""


def test_the_same_memory_is_used_again() -> None:
    said = subprocess.run(
        [sys.executable, "-c", CODE], check=True, capture_output=True, text=True, env=os.environ
    ).stdout
    before, after = map(int, said.split())
    if platform.libc_ver()[0] == "glibc":
        assert after < before / 10
