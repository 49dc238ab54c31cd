"""Tests of the imperative shell: real files, real shells, real kernels."""
