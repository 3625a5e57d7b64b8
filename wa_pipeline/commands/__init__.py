"""One module a command; `wa_pipeline.cli` loads each only when it is called."""
