"""Python for the reader's browser: only what has the right hash is taken, and where none answers none is."""

import hashlib
import json
import zipfile

import live_cells
import live_parts
import pytest

WHEEL = "numpy-2.0.2-cp312-cp312-pyodide_2024_0_wasm32.whl"
ENTRY = {"name": "numpy", "file_name": WHEEL, "sha256": hashlib.sha256(b"numpy").hexdigest(), "depends": []}


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """The folder that PYODIDE_WHEELS names, empty."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PYODIDE_WHEELS", str(folder))
    return folder


@pytest.fixture
def offline(monkeypatch):
    """No registry is asked: the lock of Pyodide names one package, and no other parts are fetched."""

    def unpack(package, folder, scratch):
        (folder / "python").mkdir(exist_ok=True)
        lock = {"info": {}, "packages": {"numpy": ENTRY}}
        (folder / "python" / live_parts.LOCK).write_text(json.dumps(lock))

    parts = {
        "npm": ["pyodide"],
        "wheels": {},
        "pyodide": {"packages": ["numpy"], "without": [], "stand_ins": {}},
    }
    monkeypatch.setattr(live_parts, "PARTS", parts)
    monkeypatch.setattr(live_parts, "unpack_npm", unpack)
    monkeypatch.setattr(live_parts, "download_wheels", lambda folder: None)
    monkeypatch.setattr(live_parts, "first_start", lambda folder: (folder / live_parts.WARM).touch())


def test_a_wheel_with_the_hash_of_the_lock_is_taken(wheels, offline, tmp_path):
    (wheels / WHEEL).write_bytes(b"numpy")
    live_parts.main([str(tmp_path / "live")])
    assert (tmp_path / "live" / live_parts.READY).exists()
    assert (tmp_path / "live/python" / WHEEL).read_bytes() == b"numpy"


def test_a_wheel_with_another_hash_is_refused_and_nothing_is_left(wheels, offline, tmp_path, capsys):
    (wheels / WHEEL).write_bytes(b"numpx")
    with pytest.raises(SystemExit) as refused:
        live_parts.main([str(tmp_path / "live")])
    assert refused.value.code == 1
    assert WHEEL in capsys.readouterr().err
    assert not (tmp_path / "live").exists()


def test_where_no_source_answers_the_reason_is_said_and_kept(wheels, offline, tmp_path, capsys):
    live_parts.main([str(tmp_path / "live")])
    reason = (tmp_path / "live" / live_parts.MISSING).read_text()
    assert WHEEL in reason
    assert reason.strip() in capsys.readouterr().out
    assert not (tmp_path / "live" / live_parts.READY).exists()


def test_npm_and_pip_are_held_to_their_hashes(tmp_path):
    content = b"a package"
    integrity = "sha512-" + live_parts.base64.b64encode(hashlib.sha512(content).digest()).decode()
    assert live_parts.checked("thebe", content, integrity) == content
    with pytest.raises(live_parts.WrongHash, match="thebe: expected the hash sha512-"):
        live_parts.checked("thebe", content + b"!", integrity)
    pinned = (live_parts.HERE / "requirements.txt").read_text().splitlines()[1:]
    assert all("==" in line and "--hash=sha256:" in line for line in pinned)
    assert {line.split("==")[0] for line in pinned} <= set(live_parts.PARTS["wheels"])


def test_the_lock_names_what_is_there_and_nothing_else():
    packages = {
        "a": {"name": "a", "depends": ["b_c", "unused"], "file_name": "a.whl"},
        "b-c": {"name": "b_c", "depends": [], "file_name": "b.whl"},
        "unused": {"name": "unused", "depends": [], "file_name": "u.whl"},
        "stranger": {"name": "stranger", "depends": [], "file_name": "s.whl"},
    }
    kept = live_parts.needed(packages, ["a"], {"unused"})
    assert {name: entry["depends"] for name, entry in kept.items()} == {"a": ["b-c"], "b-c": []}


def test_the_wheel_holds_today_s_package_and_its_data(request, tmp_path):
    root = request.config.rootpath
    wheel = live_cells.build_wheel(root, tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    sources = [file for file in (root / "trpo_lesson").rglob("*") if file.suffix in {".py", ".json"}]
    assert {file.relative_to(root).as_posix() for file in sources} <= held
    entry = live_parts.lock_entry(wheel, ["numpy"])
    assert (entry["name"], entry["imports"]) == ("trpo-lesson", ["trpo_lesson"])
    assert entry["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
