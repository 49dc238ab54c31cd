"""Running: ReloadPlan → Outcome."""
