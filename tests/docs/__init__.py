"""Tests of the docs: the site builds, and what the pages say is what happens."""
