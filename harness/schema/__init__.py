"""What is read from disk: environments, tasks, suites, run configurations. Frozen and closed."""
