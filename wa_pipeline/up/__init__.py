"""`wa up`: the processes it starts, what makes them ready, and how they stop."""
