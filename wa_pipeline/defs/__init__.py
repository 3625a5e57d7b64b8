"""Dagster's view of the work: assets, checks, jobs, sensors and schedules. Thin: an asset calls one step."""
