"""Running: Plan → Outcome."""
