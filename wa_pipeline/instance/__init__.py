"""Dagster's own house-keeping: its home, its database's address, and the runs a dead process left behind.

Imports nothing by itself: dagster-postgres takes more than a second, which the code location need not pay.
"""
