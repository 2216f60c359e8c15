"""Two runs side by side: what changed, by how much, and whether a gate says no."""
