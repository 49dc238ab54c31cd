"""(State, Snapshot) → ReloadPlan: what must reload, in which order, and the State after it."""
