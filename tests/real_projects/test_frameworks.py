"""Frameworks that keep what the user's modules define: Flask, SQLAlchemy."""

import os
import subprocess
import sys
from textwrap import dedent

import pytest
from running import installed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def library(request, tmp_path_factory):
    """Returns the folder with the installed frameworks."""
    cache = getattr(request.config, "cache", None)  # none with -p no:cacheprovider
    lasting = cache.mkdir("real_projects") if cache else tmp_path_factory.getbasetemp()
    # By this name, it is no project of the user.
    return installed(lasting / "frameworks" / "site-packages")


@pytest.fixture
def run(tmp_path, library):
    """Writes modules, runs a script beside them, and returns the lines that it printed."""

    def write_and_run(script, **modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(dedent(text), encoding="utf-8")
        beginning = """
            import liveimport
            def edit(name, old, new):
                with open(f"{name}.py") as file: text = file.read()
                assert old in text
                with open(f"{name}.py", "w") as file: file.write(text.replace(old, new))
                print(liveimport.sync())
            """
        code = dedent(beginning) + dedent(script)
        left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        environment = {k: v for k, v in os.environ.items() if k not in left_out}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": f"{tmp_path}{os.pathsep}{library}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    return write_and_run


def test_a_view_of_flask(run):
    """The application is made again, as after its first request it takes no more views."""
    lines = run(
        """
        liveimport.register(globals(), "import webapp, views", execute=True)
        print(webapp.app.test_client().get("/").text)
        edit("views", "one", "two")
        print(webapp.app.test_client().get("/").text)
        """,
        webapp="""
            from flask import Flask
            app = Flask("webapp")
            """,
        views="""
            from webapp import app
            @app.route("/")
            def index(): return "one"
            """,
    )
    assert lines == [
        "one",
        "Reloaded webapp because it holds views.index",
        "Reloaded views modified 0 seconds ago",
        "two",
    ]


def test_models_of_sqlalchemy(run):
    """A base class and two modules of models, with a relationship; either of them is edited."""
    lines = run(
        """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session
        liveimport.register(
            globals(),
            "from base import Base; from users import User; from posts import Post",
            execute=True,
        )
        def use():
            engine = create_engine("sqlite://")
            Base.metadata.create_all(engine)
            with Session(engine) as session:
                user = User(name="ada")
                user.posts.append(Post())
                session.add(user)
                session.commit()
                found = session.query(User).one()
                post = found.posts[0]
                print(found.hello(), post.user is found, post.kind(), sorted(Base.metadata.tables))
        use()
        edit("users", "hello from 1", "hello from 22")
        use()
        edit("posts", "note", "letter")
        use()
        edit("base", "pass", "other = 1")
        use()
        """,
        base="""
            from sqlalchemy.orm import DeclarativeBase
            class Base(DeclarativeBase): pass
            """,
        users="""
            from base import Base
            from sqlalchemy.orm import Mapped, mapped_column, relationship
            class User(Base):
                __tablename__ = "users"
                id: Mapped[int] = mapped_column(primary_key=True)
                name: Mapped[str]
                posts: Mapped[list["Post"]] = relationship(back_populates="user")
                def hello(self): return "hello from 1"
            """,
        posts="""
            from base import Base
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column, relationship
            class Post(Base):
                __tablename__ = "posts"
                id: Mapped[int] = mapped_column(primary_key=True)
                user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
                user: Mapped["User"] = relationship(back_populates="posts")
                def kind(self): return "note"
            """,
    )
    tables = "['posts', 'users']"
    assert [line for line in lines if not line.startswith("Reloaded")] == [
        f"hello from 1 True note {tables}",
        f"hello from 22 True note {tables}",
        f"hello from 22 True letter {tables}",
        f"hello from 22 True letter {tables}",
    ]
    assert "Reloaded base because it holds posts.Post and users.User" in lines
