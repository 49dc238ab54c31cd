"""What is noted while modules run: which code ran, and which files it read."""
