"""The packages whose releases are replayed, and what a session imports of each.

The imports can be executed in every release. The oldest release is one that runs with what
`requirements-releases.txt` pins.
"""

from typing import NamedTuple


class Replayed(NamedTuple):
    """A package of the package index.

    Attributes:
        packages: The folders that it installs, which are what is compared.
        imports: What the session executes and registers.
        versions: The releases, from the oldest on.
    """

    packages: tuple[str, ...]
    imports: str
    versions: tuple[str, ...]


def _versions(text: str) -> tuple[str, ...]:
    return tuple(text.split())


REPLAYED = {
    "attrs": Replayed(
        ("attr", "attrs"),
        "import attr\nimport attrs\nfrom attr import *\nfrom attrs import define, field\n",
        # LiveImport itself works with the attrs that is replayed, and needs 23.1 or later.
        _versions("23.1.0 23.2.0 24.1.0 24.2.0 24.3.0 25.1.0 25.2.0 25.3.0 25.4.0 26.1.0"),
    ),
    "click": Replayed(
        ("click",),
        "import click\nfrom click import *\nfrom click.testing import CliRunner\n",
        _versions(
            "8.0.4 8.1.0 8.1.1 8.1.2 8.1.3 8.1.4 8.1.5 8.1.6 8.1.7 8.1.8 8.2.0 8.2.1 8.3.0"
            " 8.3.1 8.3.2 8.3.3 8.4.0 8.4.1 8.4.2 8.5.0 8.5.1"
        ),
    ),
    "dask": Replayed(
        ("dask",),
        "import dask\nimport dask.array as da\nimport dask.bag\n"
        "from dask import compute, delayed\n",
        _versions(
            "2025.4.0 2025.4.1 2025.5.0 2025.5.1 2025.7.0 2025.9.0 2025.9.1 2025.9.2 2025.9.3"
            " 2025.10.0 2025.11.0 2025.12.0 2026.1.0 2026.1.1 2026.1.2 2026.1.3 2026.3.0"
            " 2026.6.0 2026.7.0 2026.7.1 2026.8.0"
        ),
    ),
    "jinja2": Replayed(
        ("jinja2",),
        "import jinja2\nfrom jinja2 import *\nfrom jinja2.sandbox import SandboxedEnvironment\n",
        _versions("3.0.0 3.0.1 3.0.2 3.0.3 3.1.0 3.1.1 3.1.2 3.1.3 3.1.4 3.1.5 3.1.6"),
    ),
    "lark": Replayed(
        ("lark",),
        "import lark\nfrom lark import *\nfrom lark.indenter import Indenter\n",
        _versions(
            "1.0.0 1.1.0 1.1.1 1.1.2 1.1.3 1.1.4 1.1.5 1.1.6 1.1.7 1.1.8 1.1.9 1.2.1 1.2.2"
            " 1.3.0 1.3.1"
        ),
    ),
    "marshmallow": Replayed(
        ("marshmallow",),
        # No star: in 4.0.0, __all__ has a name that is not there. The session keeps its value.
        "import marshmallow\n"
        "from marshmallow import Schema, ValidationError, class_registry, fields, validate\n",
        _versions(
            "3.24.0 3.24.1 3.24.2 3.25.0 3.25.1 3.26.0 3.26.1 3.26.2 4.0.0 4.0.1 4.1.0 4.1.1"
            " 4.1.2 4.2.0 4.2.1 4.2.2 4.2.3 4.2.4 4.3.0 4.3.1 4.4.0"
        ),
    ),
    "nltk": Replayed(
        ("nltk",),
        "import nltk\nfrom nltk import *\nfrom nltk.corpus import stopwords, wordnet\n",
        _versions(
            "3.6 3.6.1 3.6.2 3.6.3 3.6.5 3.6.6 3.6.7 3.7 3.8 3.8.1 3.9 3.9.1 3.9.2 3.9.3 3.9.4"
            " 3.10.0 3.10.1 3.10.2 3.10.3 3.10.4"
        ),
    ),
    "seaborn": Replayed(
        ("seaborn",),
        "import seaborn as sns\nfrom seaborn import *\n",
        _versions(
            "0.9.0 0.9.1 0.10.0 0.10.1 0.11.0 0.11.1 0.11.2 0.12.0 0.12.1 0.12.2 0.13.0 0.13.1"
            " 0.13.2"
        ),
    ),
    "tqdm": Replayed(
        ("tqdm",),
        "import tqdm\nfrom tqdm import *\nfrom tqdm.auto import trange as auto_trange\n"
        "from tqdm.contrib.concurrent import thread_map\n",
        _versions(
            "4.65.2 4.66.0 4.66.1 4.66.2 4.66.3 4.66.4 4.66.5 4.66.6 4.67.0 4.67.1 4.67.2"
            " 4.67.3 4.68.0 4.68.1 4.68.2 4.68.3 4.68.4 4.69.0 4.69.1 4.70.0 4.70.1"
        ),
    ),
    "werkzeug": Replayed(
        ("werkzeug",),
        "import werkzeug\n"
        "from werkzeug.exceptions import NotFound\n"
        "from werkzeug.routing import Map, Rule\n"
        "from werkzeug.test import Client\n"
        "from werkzeug.wrappers import Request, Response\n",
        _versions(
            "2.3.5 2.3.6 2.3.7 2.3.8 3.0.0 3.0.1 3.0.2 3.0.3 3.0.4 3.0.5 3.0.6 3.1.0 3.1.1"
            " 3.1.2 3.1.3 3.1.4 3.1.5 3.1.6 3.1.7 3.1.8 3.1.9"
        ),
    ),
}
