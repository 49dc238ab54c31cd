"""JupyterLab in a headless Chromium: what a user sees of a notebook."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from playwright.sync_api import Locator, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SETTINGS = {
    # Cells that are scrolled out of sight would leave the page, and the test with it.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"checkForUpdates": False, "fetchNews": "false"},
}
_PATIENCE_MS = 60_000


Frame = tuple[float, float, float, float]


class Drawing(NamedTuple):
    """A picture that a frontend has drawn.

    Attributes:
        nodes: What stands in each node, and its frame.
        boxes: The frames of the boxes around nodes.
        scale: At what part of its own size it is shown; 1 is as it was drawn.
    """

    nodes: dict[str, Frame]
    boxes: list[Frame]
    scale: float

    def boxed(self, box: Frame) -> set[str]:
        """Returns the nodes that lie within a box."""
        left, top, right, bottom = box
        return {
            name
            for name, frame in self.nodes.items()
            if left < frame[0] and top < frame[1] and frame[2] < right and frame[3] < bottom
        }


class Lab:
    """An open notebook.

    Attributes:
        page: The browser's page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, name: str) -> None:
        """Opens a notebook and waits for its kernel."""
        self.page.goto(f"{self.page.url.partition('/lab')[0]}/lab/tree/{name}")
        self.page.evaluate("() => jupyterapp.restored")
        self.page.wait_for_function(
            "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
            " === 'idle'"
        )
        self.page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")

    def run(self, index: int) -> Locator:
        """Runs a cell to its end and returns its output area.

        By command, since key presses get lost while the page is still settling.
        """
        self.page.evaluate(
            """async index => {
                jupyterapp.shell.currentWidget.content.activeCellIndex = index;
                await jupyterapp.commands.execute('notebook:run-cell');
            }""",
            index,
        )
        return self.output(index)

    def output(self, index: int) -> Locator:
        """Returns the output area of a cell."""
        return (
            self.page.locator(f".jp-Notebook .jp-Cell >> nth={index}")
            .locator(".jp-OutputArea")
            .first
        )

    def drawing(self, index: int) -> Drawing:
        """Returns what the picture in the output of a cell shows.

        The page has it as an image, so it is put into the page itself to be measured.
        """
        image = self.output(index).locator("img[src^='data:image/svg+xml']")
        image.wait_for()
        nodes, boxes, width = self.page.evaluate(
            """url => {
                const holder = document.createElement('div');
                holder.innerHTML = decodeURIComponent(url.slice(url.indexOf(',') + 1));
                holder.style = 'position:absolute;width:20000px';  // it may be as wide as it is
                document.body.append(holder);
                const found = selector => [...holder.querySelectorAll(selector)].map(element => {
                    const {left, top, right, bottom} = element.getBoundingClientRect();
                    return [element.textContent.trim(), [left, top, right, bottom]];
                });
                const width = holder.querySelector('svg').getBoundingClientRect().width;
                const drawn = [found('g.node'), found('g.cluster'), width];
                holder.remove();
                return drawn;
            }""",
            image.get_attribute("src"),
        )
        size = image.bounding_box()
        assert size is not None
        return Drawing(
            {name: tuple(frame) for name, frame in nodes},
            [tuple(frame) for _, frame in boxes],
            round(size["width"] / width, 2),
        )

    def theme(self, name: str) -> None:
        """Changes the colours of it all."""
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        self.page.wait_for_function(
            "name => document.body.dataset.jpThemeName === name", arg=name
        )
        # While it changes, a curtain is before it all, which then fades away.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()

    def save_picture(self, path: Path, first: int, last: int) -> None:
        """Saves what cells `first` to `last` look like."""
        self.page.evaluate(
            """async first => {
                document.activeElement.blur();
                await jupyterapp.shell.currentWidget.content.scrollToItem(first, 'start');
            }""",
            first,
        )
        cells = self.page.locator(".jp-Notebook .jp-Cell")
        boxes = [cells.nth(index).bounding_box() for index in (first, last)]
        top, bottom = boxes
        assert top is not None
        assert bottom is not None
        self.page.screenshot(
            path=path,
            clip={
                "x": top["x"],
                "y": top["y"],
                "width": top["width"],
                "height": bottom["y"] + bottom["height"] - top["y"],
            },
        )


@contextlib.contextmanager
def lab(folder: Path, own: Path) -> Iterator[Lab]:
    """Yields JupyterLab at work in `folder`, with settings in `own`."""
    with _server(folder, own) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            page = browser.new_page(
                viewport={"width": 900, "height": 2600}, device_scale_factor=2
            )
            page.set_default_timeout(_PATIENCE_MS)
            page.goto(address)
            yield Lab(page)
        finally:
            browser.close()


@contextlib.contextmanager
def _server(folder: Path, own: Path) -> Iterator[str]:
    _write_settings(own / "settings")
    token = secrets.token_hex(8)
    environment = {
        **os.environ,
        "IPYTHONDIR": str(own / "ipython"),
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--expose-app-in-browser", f"--IdentityProvider.token={token}"),
        *("--ServerApp.port=0", "--LabApp.extension_manager=readonly"),
    ]
    log = own / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
        try:
            yield f"{_address(own / 'runtime', process, log)}lab?token={token}"
        finally:
            process.terminate()
            process.wait(30)


def _write_settings(folder: Path) -> None:
    for name, values in _SETTINGS.items():
        file = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


def _address(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(ValueError, KeyError, urllib.error.URLError):
                url: str = json.loads(file.read_text())["url"]
                urllib.request.urlopen(f"{url}api")  # noqa: S310  # it is our own server
                return url
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


def write_notebook(path: Path, cells: list[str]) -> None:
    """Writes a notebook of code cells."""
    made: Any = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(made, path)
