"""What WhatsApp says: events, chat exports, identity. No I/O to our own stores."""
