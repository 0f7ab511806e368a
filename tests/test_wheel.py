"""The wheel is enough: where the package comes from it alone, as in Colab, chapters run from top to bottom.

nbval runs every chapter with the checkout installed (docs/decisions/execution.md). Here what counts is that
the wheel holds all of the package, and that nothing reaches for the checkout or for the site.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("wheel")  # on one worker, so that it is built once
ROOT = Path(__file__).parent.parent
PARTS = ("trpo_lesson", "pyproject.toml", "README.md", "LICENSE")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "-q"]
# One of the exact world; and the one that trains, shows source and reads stored results.
CHAPTERS = [
    ROOT / f"book/{name}.ipynb" for name in ("03_compare_two_policies", "15_train_cartpole_and_pendulum")
]
PROBE = """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("trpo_lesson"):
        assert module.__file__.startswith({folder!r}), module.__file__
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy: setuptools leaves files behind where it builds."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copyfile
        copy(ROOT / part, source / part)
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder into which the wheel was installed, without anything else."""
    folder = tmp_path_factory.mktemp("installed")
    command = [*PIP, "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "trpo_lesson").rglob("*.*")}
    files = {path for path in files if "__pycache__" not in path}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == files
    assert "trpo_lesson/data/ablation-Pendulum-v1.json" in held


def cells_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run(cells, installed, folder):
    """The report of cell_runner.py on `cells`, in an empty folder, with the package of the wheel."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/cell_runner.py")],
        input=json.dumps([{"cells": cells, "probes": [PROBE.format(folder=str(installed))]}]),
        cwd=folder,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout[done.stdout.rindex('[{"cells"') :])[0]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_runs_from_top_to_bottom_with_the_wheel_alone(installed, tmp_path, path):
    report = run(cells_of(path), installed, tmp_path)
    assert [cell["error"] for cell in report["cells"] if cell["error"]] == []
    assert report["probes"] == [None]  # it was the wheel's package, to the last module


def test_a_package_from_elsewhere_is_found(tmp_path):
    report = run(["import trpo_lesson.exact"], tmp_path, tmp_path)
    assert report["probes"] != [None]
