"""The history of runs: an index in a database, made from their folders, and what is asked of it."""
