"""The PostgreSQL that is simply there: the one DATABASE_URL names, or one under WA_HOME that starts by itself."""

from wa_pipeline.embedded.server import Server, running

__all__ = ["Server", "running"]
