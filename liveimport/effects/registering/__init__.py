"""Import statements, and whether they were executed → registrations of the session."""
