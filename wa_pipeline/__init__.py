"""Your WhatsApp groups in your own Supabase, searchable down to the words inside pictures and voice notes."""

__version__ = "0.1.0"
