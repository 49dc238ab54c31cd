"""What a source file says: its imports, and the names that its code binds."""
