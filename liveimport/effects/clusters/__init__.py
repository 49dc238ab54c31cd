"""Clusters: their workers run the version that the notebook runs."""
