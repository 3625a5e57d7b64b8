"""The work itself, as plain functions over a `Context`; import its modules by name."""
