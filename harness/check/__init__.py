"""Task quality: whether a task is what it says, and worth a score (see docs/check.md)."""
