"""What `%liveimport` and `%liveimport graph` show of a session."""
