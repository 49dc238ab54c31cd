"""Comparing: (State, Snapshot) → what changed, of sources and of the files that modules read."""
