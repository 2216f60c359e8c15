"""The rules about unsafe actions, and the verdict: pure functions of stored evidence."""
