"""The steps of a plan → modules that are ready to run. Nothing is run, and nothing is changed."""
