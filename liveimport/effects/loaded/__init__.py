"""What is loaded: `sys.modules`, and what modules hold, read without waking anything."""
