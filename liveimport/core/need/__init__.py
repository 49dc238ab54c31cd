"""What an edit can have changed: who read what, and who has to run again for it."""
