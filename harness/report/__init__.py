"""Reports of runs, derived from their folders."""
