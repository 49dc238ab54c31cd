"""What a sync did, and the State after it."""
