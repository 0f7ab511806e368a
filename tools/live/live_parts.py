"""Fetch what Python in the reader's browser is made of; take nothing whose hash is not written down here.

    python tools/live/live_parts.py FOLDER

parts.toml says what there is. Pyodide's wheels come from the folder that PYODIDE_WHEELS names, or else from
its official host. Where a source does not answer, FOLDER holds the reason alone, and the site is built
without live cells; a file with a wrong hash is an error.
"""

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
PARTS = tomllib.loads((HERE / "parts.toml").read_text(encoding="utf-8"))
LOCK, READY, MISSING, WARM = "pyodide-lock.json", "ready", "missing.txt", "warm_start-1.zip"


class NoSource(Exception):
    """A source did not answer: nothing is wrong, and nothing is there."""


class WrongHash(Exception):
    """A file is not what its name says."""


def checked(name, content, expected):
    """`content` if its hash is `expected`, npm's `sha512-…` in base64 or a sha256 in hex; or WrongHash."""
    if expected.startswith("sha512-"):
        found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    else:
        found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WrongHash(f"{name}: expected the hash {expected}, got {found}")
    return content


def ask(*command):
    """Run a program that asks a registry; NoSource with its last words where it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if "DO NOT MATCH THE HASHES" in done.stderr:  # pip's words
        raise WrongHash(done.stderr)
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it failed"]
        raise NoSource(f"{Path(command[0]).name} {command[1]}: {words[-1]}")


def unpack_npm(package, folder, scratch):
    """Bring the files of an npm package that parts.toml names into `folder`."""
    part = PARTS["npm"][package]
    ask(shutil.which("npm") or "npm", "pack", package, "--pack-destination", str(scratch))
    (tarball,) = scratch.glob(package.replace("@", "-") + ".tgz")
    checked(package, tarball.read_bytes(), part["integrity"])
    with tarfile.open(tarball) as archive:
        archive.extractall(scratch / package, filter="data")
    for pattern, place in part["files"].items():
        (folder / place).mkdir(exist_ok=True)
        for file in sorted((scratch / package / "package").glob(pattern)):
            shutil.copyfile(file, folder / place / file.name)


def download_wheels(folder):
    """The wheels of requirements.txt, from wherever pip takes its packages; pip checks their hashes."""
    exact = ("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "-q")
    ask(sys.executable, "-m", "pip", "download", *exact, "-d", folder, "-r", HERE / "requirements.txt")


def needed(packages, roots, without):
    """`roots` and all that they depend on in Pyodide's lock, less `without`; their entries, mended alike."""
    kept, waiting = {}, list(roots)
    while waiting:
        name = waiting.pop()
        depends = {other.replace("_", "-") for other in packages[name]["depends"]} - without
        kept[name] = {**packages[name], "name": name, "depends": sorted(depends)}
        waiting += depends - kept.keys()
    return kept


def official_wheel(entry):
    """The bytes of one of Pyodide's wheels."""
    name, own = entry["file_name"], os.environ.get("PYODIDE_WHEELS")
    try:
        if own:
            content = (Path(own) / name).read_bytes()
        else:
            with urllib.request.urlopen(PARTS["pyodide"]["source"] + name, timeout=30) as answer:
                content = answer.read()
    except OSError as problem:
        raise NoSource(f"{name}: {problem}") from problem
    return checked(name, content, entry["sha256"])


def lock_entry(wheel, depends):
    """What Pyodide's lock says of a wheel of our own, named as wheels are: name-version-….whl."""
    name, version = wheel.stem.split("-")[:2]
    return {
        "name": name.replace("_", "-"),
        "version": version,
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "install_dir": "site",
        "package_type": "package",
        "imports": [name],
        "depends": depends,
        "unvendored_tests": False,
    }


def first_start(python):
    """Start Python once, and keep as WARM what that makes."""
    subprocess.run([shutil.which("node") or "node", HERE / "first_start.mjs", python], check=True)


def fetch(folder, scratch):
    """Fill `folder`: thebe, thebe-lite, and Python with a lock file that names what is there and no more."""
    for package in PARTS["npm"]:
        unpack_npm(package, folder, scratch)
    python, wanted = folder / "python", PARTS["pyodide"]
    lock = json.loads((python / LOCK).read_text(encoding="utf-8"))
    packages = needed(lock["packages"], wanted["packages"], set(wanted["without"]))
    for entry in packages.values():
        (python / entry["file_name"]).write_bytes(official_wheel(entry))
    download_wheels(python)
    for name, depends in PARTS["wheels"].items():
        (wheel,) = python.glob(f"{name.replace('-', '_')}-*.whl")
        packages[name] = lock_entry(wheel, depends)
    for name, other in wanted["stand_ins"].items():
        packages[name] = {**packages[other], "name": name}
    write_lock(python, lock, packages)
    first_start(python)
    packages["warm-start"] = lock_entry(python / WARM, []) | {"imports": []}
    write_lock(python, lock, packages)


def write_lock(python, lock, packages):
    """Pyodide's lock file with `packages` in it."""
    (python / LOCK).write_text(json.dumps({**lock, "packages": packages}), encoding="utf-8")


def main(arguments=None):
    """Fetch into a fresh folder that appears under its name when it is complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = Path(scratch) / "live"
        fresh.mkdir()
        try:
            fetch(fresh, Path(scratch))
            (fresh / READY).touch()
        except NoSource as problem:
            shutil.rmtree(fresh)
            fresh.mkdir()
            (fresh / MISSING).write_text(f"{problem}\n", encoding="utf-8")
            print(f"The site is built without live cells: {problem}. 'make live' tries again.")
        except WrongHash as problem:
            parser.exit(1, f"{problem}\n")
        os.replace(fresh, folder)


if __name__ == "__main__":
    main()
