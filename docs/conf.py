"""How Sphinx builds the site: `sphinx-build -W docs docs/_build`."""

import liveimport

project = "LiveImport"
author = "The LiveImport developers"
release = version = liveimport.__version__
# The footer shows it, and with it the version. Sphinx reads it under this name.
copyright = f"2026, {author}. LiveImport {version}"  # noqa: A001

extensions = [
    "myst_nb",
    "notfound.extension",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinxext.opengraph",
]
# A list of our own, by docs/inventory.py: a build must not depend on the network.
intersphinx_mapping = {"python": ("https://docs.python.org/3", "inventories/python.inv")}
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]
html_theme = "furo"
html_title = "LiveImport"
html_favicon = "images/favicon.svg"
html_static_path = []

_ADDRESS = "https://github.com/liveimport-notebook/liveimport-notebook"
html_theme_options = {
    "source_repository": f"{_ADDRESS}/",
    "source_branch": "main",
    "source_directory": "docs/",
    "footer_icons": [
        {"name": "Report an issue", "url": f"{_ADDRESS}/issues", "html": "Issues", "class": ""}
    ],
}
ogp_site_url = "https://liveimport-notebook.readthedocs.io/"
ogp_social_cards = {"enable": False}
# What a terminal shows is not to be copied with what is typed.
copybutton_prompt_text = r">>> |\.\.\. |\$ |In \[\d*\]: | {2,5}\.\.\.: "
copybutton_prompt_is_regexp = True

# Docstrings put names between single backticks: links where they are ours, code where not.
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [("py:obj", ".*")]
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
