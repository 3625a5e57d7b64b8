"""The jobs the `wa` command, the sensors and the schedules run by name."""

from __future__ import annotations

import dagster as dg

STEP_TAG = "wa/step"
FOLLOW_TAG = "wa/follow"
"""Of a run a sensor asked for: it stays a while for what comes next. Other runs end with what there is."""
DUE_TAG = "wa/due"
"""Of a run of `messages` that takes what is due, whatever day it came. Without it the run interprets its whole day, or
days, again: what materialising a partition by hand or a backfill do."""

ASKED_TAG = "wa/asked_at"
"""Of a run that serves a request somebody left in runtime_flags: the request's own time."""


# Dagster shows a check as "not evaluated" once its asset has been made anew, so the two quick checks of what an import
# and its media leave go with those jobs. The schema's many checks are `verify`'s alone: nothing a sensor asks for every
# few seconds repeats them.
migrate = dg.define_asset_job(
    "migrate",
    dg.AssetSelection.assets("schema", "wa_media_bucket").without_checks(),
    description="Bring the schema and the bucket up to date.",
)
import_export = dg.define_asset_job(
    "import_export", dg.AssetSelection.assets("chat_exports"), description="Import one chat export."
)
complete = dg.define_asset_job(
    "complete_media",
    dg.AssetSelection.assets("media_files"),
    tags={STEP_TAG: "media"},
    description="Fetch and look into the media that waits for it.",
)
read_pictures = dg.define_asset_job(
    "read_pictures",
    dg.AssetSelection.assets("ocr_text"),
    tags={STEP_TAG: "ocr"},
    description="Read the pictures that are due.",
)
hear_speech = dg.define_asset_job(
    "hear_speech",
    dg.AssetSelection.assets("asr_text"),
    tags={STEP_TAG: "asr"},
    description="Hear the recordings that are due.",
)
link_replies = dg.define_asset_job(
    "link_replies", dg.AssetSelection.assets("reply_links"), description="Point replies at the messages they answer."
)
ingest = dg.define_asset_job(
    "ingest",
    dg.AssetSelection.assets("messages").without_checks(),
    tags={STEP_TAG: "ingest", DUE_TAG: "yes"},
    description="Interpret the deliveries that are due. The partition says under which day the run is shown.",
)
replay = dg.define_asset_job(
    "replay",
    dg.AssetSelection.assets("messages").without_checks(),
    description="Interpret all deliveries of a day, or of several, again. It changes only what is not right.",
)
discover_groups = dg.define_asset_job(
    "discover_groups",
    dg.AssetSelection.assets("groups").without_checks(),
    tags={STEP_TAG: "discover"},
    description="Learn the groups and their names from the gateway.",
)
refresh_qr = dg.define_asset_job(
    "refresh_qr",
    dg.AssetSelection.assets("wa_session").without_checks(),
    tags={STEP_TAG: "qr"},
    description="Ask the gateway for its QR code.",
)
enrich = dg.define_asset_job(
    "enrich",
    dg.AssetSelection.assets("media_files", "ocr_text", "asr_text", "reply_links"),
    tags={STEP_TAG: "enrich"},
    description="Everything that follows an import: media, words in pictures, spoken words, replies.",
)
verify = dg.define_asset_job(
    "verify", dg.AssetSelection.all_asset_checks(), description="Every check, on the archive as it is."
)
