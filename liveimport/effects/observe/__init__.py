"""Reading: files and `sys.modules` → Snapshot."""
