"""The gateway somebody runs beside the archive: WAHA, Evolution API or GOWA, asked over HTTP.

Messages come by webhook; here the gateway is asked for what it does not send: its groups, its session, a QR code, a
file once more. Only documented addresses are used (docs/decisions.md says where a document is thin).
"""

from wa_pipeline.gateways.interface import Address, Gateway, GroupListed, MessageKey, Qr, SessionState
from wa_pipeline.gateways.opening import open_gateway

__all__ = ["Address", "Gateway", "GroupListed", "MessageKey", "Qr", "SessionState", "open_gateway"]
