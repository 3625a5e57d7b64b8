"""What the console shows: questions that only read, one subject a module."""
