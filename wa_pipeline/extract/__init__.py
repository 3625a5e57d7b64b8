"""Bytes to text: probes, OCR, speech and documents, done by workers that a hostile file can only kill, never hang.

Knows neither the database nor Dagster, and imports no engine before a worker needs it.
"""

from __future__ import annotations

from wa_pipeline.extract.extractor import Extractor
from wa_pipeline.extract.identify import identify
from wa_pipeline.extract.report import engine_report, unread_scripts
from wa_pipeline.extract.results import (
    EngineReport,
    Failure,
    Limits,
    Probe,
    Segment,
    Step,
    Text,
    steps_for,
)
from wa_pipeline.extract.scripts import script_of
from wa_pipeline.extract.versions import current_engines

__all__ = [
    "EngineReport",
    "Extractor",
    "Failure",
    "Limits",
    "Probe",
    "Segment",
    "Step",
    "Text",
    "current_engines",
    "engine_report",
    "identify",
    "script_of",
    "steps_for",
    "unread_scripts",
]
