"""Content: environments, tasks, suites and agents, found by path, validated, selected, planned."""
