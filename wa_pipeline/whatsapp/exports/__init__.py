"""Chat exports: a .zip or .txt in, messages out. Reads the given file and nothing else."""

from wa_pipeline.whatsapp.exports.export import BATCH, Counts, Export, open_export
from wa_pipeline.whatsapp.exports.message import CALL, DELETED, EDITED, OMITTED, SYSTEM, ExportMessage

__all__ = [
    "BATCH",
    "CALL",
    "DELETED",
    "EDITED",
    "OMITTED",
    "SYSTEM",
    "Counts",
    "Export",
    "ExportMessage",
    "open_export",
]
