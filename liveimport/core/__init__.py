"""The functional core: immutable values and pure functions of them.

Nothing in this folder touches a file, a clock, `sys.modules`, importlib or IPython.
import-linter and `tests/core/test_purity.py` hold that; the contract is in pyproject.toml.
"""
