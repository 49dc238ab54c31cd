// Runs pytest in CPython for WebAssembly: node run.mjs PYODIDE SITE_PACKAGES [pytest arguments]
//
// PYODIDE is the folder of npm's package `pyodide`, SITE_PACKAGES one of pure wheels.
// The repository is mounted at /repo. There are no threads and no processes.
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [pyodide, site, ...args] = process.argv.slice(2);
const repo = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { loadPyodide } = await import(pathToFileURL(resolve(pyodide, "pyodide.mjs")).href);
const python = await loadPyodide({
    indexURL: resolve(pyodide),
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: process.env.PYTHONHASHSEED ?? "0", CI: "true" },
});
for (const [place, folder] of [["/site", resolve(site)], ["/repo", repo]]) {
    python.FS.mkdirTree(place);
    python.mountNodeFS(place, folder);
}
python.globals.set("arguments", python.toPy(args));
process.exit(
    await python.runPythonAsync(`
import os, sys
sys.path[:] = [path for path in sys.path if path]  # not the working directory, which tests change
sys.path[:0] = ["/repo", "/repo/tests", "/repo/tests/webassembly", "/site"]
os.chdir("/repo")
import pytest
import not_here

int(pytest.main(["-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-o", "timeout=0", *arguments], plugins=[not_here]))
`),
);
