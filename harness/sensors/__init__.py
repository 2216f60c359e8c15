"""What watches a sample from outside the agent's reach. Its records are judged by harness.rules."""
