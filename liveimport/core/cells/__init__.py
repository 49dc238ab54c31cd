"""What the text of a cell says, as far as it concerns LiveImport."""
