// Start Python once in node and keep what the first start makes: compiled modules and matplotlib's list of fonts.
// A reader's browser then need not make them again, which would be a third of the wait.
//   node first_start.mjs FOLDER    FOLDER holds Pyodide and its lock file; warm_start-1.zip is written into it
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

process.on("uncaughtException", (error) => { // without the line of Pyodide's code, which has a million characters
  console.error(error.message);
  process.exit(1);
});

const folder = resolve(process.argv[2]) + "/";
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: folder, lockFileURL: join(folder, "pyodide-lock.json") });
const { packages } = JSON.parse(readFileSync(join(folder, "pyodide-lock.json")));
await python.loadPackage(Object.keys(packages), { messageCallback: () => {} });
python.runPython(`
import importlib, py_compile, sys, zipfile
from pathlib import Path

for name in ("gymnasium", "ipywidgets", "matplotlib.backends.backend_svg", "piplite.piplite", "pyodide_kernel"):
    importlib.import_module(name)

import matplotlib

site = Path("/lib/python3.12/site-packages")
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH  # unpacking a wheel gives its files new dates
modules = [Path(module.__file__) for module in sys.modules.values() if getattr(module, "__file__", None)]
with zipfile.ZipFile("/tmp/warm.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for source in sorted({path for path in modules if path.is_relative_to(site) and path.suffix == ".py"}):
        compiled = Path(py_compile.compile(str(source), invalidation_mode=unchecked, doraise=True))
        archive.write(compiled, compiled.relative_to(site))
    for fonts in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
        archive.write(fonts, Path("matplotlib_cache") / fonts.name)
`);
writeFileSync(join(folder, "warm_start-1.zip"), python.FS.readFile("/tmp/warm.zip"));
