"""The archive for assistants that speak the Model Context Protocol: read, never written."""
