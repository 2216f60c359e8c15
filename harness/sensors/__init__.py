"""What watches a sample from outside the agent's reach, and the rules over what was seen."""
