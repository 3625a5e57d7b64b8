"""The archive: Postgres. The only room where SQL is spoken; import its modules by name."""
