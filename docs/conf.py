"""How Sphinx builds the site: `sphinx-build -W docs docs/_build`."""

import liveimport

project = "LiveImport"
author = "The LiveImport developers"
copyright = f"2026, {author}"  # noqa: A001  # Sphinx reads it under this name
release = version = liveimport.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]
html_theme = "furo"
html_title = "LiveImport"

# Docstrings put names between single backticks: links where they are ours, code where not.
default_role = "py:obj"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
# Pages and tutorial run at every build, so that what they show is what the code does.
nb_execution_mode = "force"
nb_execution_in_temp = True
# A cell that fails is a warning, with its traceback; -W makes it an error.
nb_execution_show_tb = True
nb_execution_timeout = 120
nb_merge_streams = True
# Reports carry the same as JSON for other programs. A page shows the HTML.
suppress_warnings = ["mystnb.unknown_mime_type"]
