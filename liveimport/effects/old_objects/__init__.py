"""What names of the notebook still hold of old versions: finding it, telling it, upgrading it."""
