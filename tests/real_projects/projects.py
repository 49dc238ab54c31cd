"""The projects, each with imports to register and something of its own to do.

What a project does uses only the registered names, so that it works with what the sync bound,
and returns text that must be the same after every sync.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Names = Mapping[str, Any]


class Project(NamedTuple):
    """A project.

    Attributes:
        packages: The folders that make up the workspace.
        imports: What is executed and registered.
        work: What it does, as a function of the namespace that executed the imports.
    """

    packages: tuple[str, ...]
    imports: str
    work: Callable[[Names], str]


def _click(names: Names) -> str:
    command = names["Command"](
        "greet",
        params=[names["click"].Option(["--count"], type=names["IntRange"](1, 3))],
        callback=lambda count: names["click"].echo("hello " * count),
    )
    run = names["CliRunner"]().invoke
    good, bad = run(command, ["--count", "2"]), run(command, ["--count", "9"])
    return f"{good.output} {good.exit_code} {bad.output} {bad.exit_code}"


def _werkzeug(names: Names) -> str:
    urls = names["Map"]([names["Rule"]("/add/<int:a>/<int:b>", endpoint="add")])

    @names["Request"].application
    def application(request: Any) -> Any:
        try:
            endpoint, values = urls.bind_to_environ(request.environ).match()
        except names["NotFound"] as error:
            return error
        return names["Response"](f"{endpoint} {values['a'] + values['b']}")

    client = names["Client"](application)
    return " ".join(client.get(path).get_data(as_text=True) for path in ("/add/2/3", "/no"))


def _jinja2(names: Names) -> str:
    environment = names["Environment"](
        loader=names["DictLoader"](
            {
                "base": "[{% block body %}{% endblock %}]",
                "page": "{% extends 'base' %}{% block body %}{{ who|upper }}"
                "{% for i in range(3) %}{{ loop.index }}{% endfor %}{% endblock %}",
            }
        )
    )
    try:
        environment.from_string("{% if %}")
    except names["TemplateSyntaxError"] as error:
        return f"{environment.get_template('page').render(who='a')} {error}"
    return "a template that is none was taken"


def _flask(names: Names) -> str:
    app = names["Flask"]("work")
    blueprint = names["Blueprint"]("part", "work", url_prefix="/part")

    @blueprint.route("/<int:number>")
    def double(number: int) -> Any:
        return names["jsonify"](double=2 * number, path=names["request"].path)

    app.register_blueprint(blueprint)
    app.add_url_rule(
        "/",
        view_func=lambda: names["flask"].render_template_string("{{ 6 * 7 }}"),
        endpoint="index",
    )
    client = app.test_client()
    return " ".join(client.get(path).text for path in ("/", "/part/21", "/no"))


def _rich(names: Names) -> str:
    table = names["Table"](title="Rates")
    table.add_column("who")
    table.add_column("much", justify="right")
    table.add_row(names["Text"]("one", style="bold"), "[red]1.5[/red]")
    table.add_row(names["Panel"]("in a box"), "2")
    console = names["Console"](width=60, record=True, file=names["StringIO"]())
    console.print(table, {"a": [1, 2]})
    return str(console.export_text())


def _networkx(names: Names) -> str:
    graph = names["Graph"]()
    graph.add_weighted_edges_from([("a", "b", 4), ("a", "c", 1), ("c", "b", 2), ("b", "d", 5)])
    path = names["nx"].shortest_path(graph, "a", "d", weight="weight")
    same = names["dijkstra_path"](graph, "a", "d")
    between = sorted(names["nx"].betweenness_centrality(graph).items())
    try:
        names["nx"].shortest_path(graph, "a", "z")
    except names["NodeNotFound"] as error:
        return f"{path} {same} {between} {error}"
    return "a path to nowhere was found"


def _sympy(names: Names) -> str:
    names["clear_cache"]()  # sympy.core.cache keeps results, and need not have reloaded
    x = names["Symbol"]("x", positive=True)
    integral = names["integrate"](x**2 * names["sin"](x), x)
    sure = names["Integral"](names["sympy"].exp(-(x**2)), (x, 0, names["sympy"].oo)).doit()
    roots = names["sympy"].solve(x**2 - 5 * x + 6, x)
    return f"{integral} {sure} {roots} {isinstance(integral, names['Basic'])}"


def _sqlalchemy(names: Names) -> str:
    class Base(names["DeclarativeBase"]):  # type: ignore[misc]  # known only when it runs
        pass

    class Person(Base):
        __tablename__ = "person"
        key = names["sa"].Column(names["sa"].Integer, primary_key=True)
        name = names["sa"].Column(names["sa"].String(20))

    engine = names["create_engine"]("sqlite://")
    Base.metadata.create_all(engine)
    with names["Session"](engine) as session:
        session.add_all([Person(name="a"), Person(name="b")])
        session.commit()
        query = names["sa"].select(Person.name).where(Person.name > "a")
        return f"{query} {session.scalars(query).all()}"


PROJECTS = {
    "click": Project(
        ("click",),
        "import click\n"
        "from click.core import Command\n"
        "from click.testing import CliRunner\n"
        "from click.types import IntRange\n",
        _click,
    ),
    "werkzeug": Project(
        ("werkzeug",),
        "import werkzeug\n"
        "from werkzeug.exceptions import NotFound\n"
        "from werkzeug.routing import Map, Rule\n"
        "from werkzeug.test import Client\n"
        "from werkzeug.wrappers import Request, Response\n",
        _werkzeug,
    ),
    "jinja2": Project(
        ("jinja2",),
        "import jinja2\n"
        "from jinja2 import DictLoader, Environment\n"
        "from jinja2.exceptions import TemplateSyntaxError\n"
        "from jinja2.sandbox import SandboxedEnvironment\n",
        _jinja2,
    ),
    "flask": Project(
        ("flask",),
        "import flask\n"
        "from flask import Blueprint, Flask, jsonify, request\n"
        "from flask.testing import FlaskClient\n"
        "from flask.views import MethodView\n",
        _flask,
    ),
    "flask and all below it": Project(
        ("click", "flask", "jinja2", "werkzeug"),
        "import flask\nfrom flask import *\nfrom flask import Blueprint, Flask, jsonify, request\n",
        _flask,
    ),
    "rich": Project(
        ("rich",),
        "import rich\n"
        "from io import StringIO\n"
        "from rich.console import Console\n"
        "from rich.panel import Panel\n"
        "from rich.table import Table\n"
        "from rich.text import Text\n",
        _rich,
    ),
    "networkx": Project(
        ("networkx",),
        "import networkx as nx\n"
        "from networkx import NodeNotFound\n"
        "from networkx.algorithms.shortest_paths import dijkstra_path\n"
        "from networkx.classes.graph import Graph\n",
        _networkx,
    ),
    "sympy": Project(
        ("sympy",),
        "import sympy\n"
        "from sympy import integrate, sin, Symbol\n"
        "from sympy.core.basic import Basic\n"
        "from sympy.core.cache import clear_cache\n"
        "from sympy.integrals.integrals import Integral\n",
        _sympy,
    ),
    "sqlalchemy": Project(
        ("sqlalchemy",),
        "import sqlalchemy as sa\n"
        "from sqlalchemy import create_engine\n"
        "from sqlalchemy.orm import DeclarativeBase, Session\n",
        _sqlalchemy,
    ),
}
