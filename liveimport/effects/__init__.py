"""The imperative shell: all that can touch files, clocks, `sys.modules`, importlib or IPython.

Each side effect has one home here; what is decided is decided in `liveimport.core`.
"""
