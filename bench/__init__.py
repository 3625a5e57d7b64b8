"""Each figure as a command that prints its baseline and ours from one run."""

import signal
import sys

# As Ctrl-C ends a bench, so that its PostgreSQL and its folders go with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
