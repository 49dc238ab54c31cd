"""What of old versions is known: which definitions are old, what they said, and where."""
