"""A night: what runs by itself, and says in the morning whether anything got worse."""
