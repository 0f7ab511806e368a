"""Results on disk: what is saved comes back to the bit; what is damaged or dangerous is refused."""

import csv
import io
import json
import os
import pickle
import stat
from dataclasses import replace
from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from trpo_lesson.sampled import checkpoints, files, history
from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.trpo import train

SMALL = TRPOConfig(192, n_envs=2, n_steps=32, policy_hidden=(5, 3), value_hidden=(4,))


@pytest.fixture(scope="module", params=["CartPole-v1", "Pendulum-v1"])
def finished(request):
    """(experiment, its three iterations): discrete and Gaussian actions, with running observation scales."""
    experiment = checkpoints.Experiment(request.param, 7, SMALL)
    return experiment, list(train(experiment.env_id, SMALL, seed=experiment.seed))


@pytest.fixture
def results(finished, tmp_path):
    """The directory of a finished run."""
    experiment, iterations = finished
    checkpoints.create(tmp_path, experiment)
    for number, iteration in enumerate(iterations, start=1):
        checkpoints.save(tmp_path, number, iteration)
    return tmp_path


def arrays_of(results):
    with np.load(results / "checkpoint.npz") as archive:
        return dict(archive)


def with_arrays(results, changed):
    np.savez(results / "checkpoint.npz", **(arrays_of(results) | changed))


def plain_of(results):
    return json.loads(str(arrays_of(results)["plain"]))


def with_plain(results, changed):
    with_arrays(results, {"plain": np.array(json.dumps(plain_of(results) | changed))})


def with_config(results, **changed):
    path = results / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


# What is saved comes back


def test_a_loaded_policy_is_the_last_saved_one_to_the_bit(finished, results):
    _, iterations = finished
    saved, loaded = iterations[-1].policy, checkpoints.load_policy(results)
    observations = np.random.default_rng(0).normal(size=(50, saved.network.sizes[0]))
    np.testing.assert_array_equal(loaded.outputs(observations), saved.outputs(observations), strict=True)
    actions = [policy.act(observations, rng=np.random.default_rng(1)) for policy in (saved, loaded)]
    np.testing.assert_array_equal(*actions, strict=True)
    assert (iterations[-2].policy.theta != loaded.theta).any()


def test_a_loaded_checkpoint_is_the_last_saved_state_to_the_bit(finished, results):
    last, loaded = finished[1][-1].state, checkpoints.load_checkpoint(results)
    assert loaded.number == 3
    assert loaded.versions == checkpoints.versions_here()
    assert loaded.state.plain == last.plain
    assert loaded.state.arrays.keys() == last.arrays.keys()
    for name, array in last.arrays.items():
        np.testing.assert_array_equal(loaded.state.arrays[name], array, strict=True)


def test_a_loaded_experiment_is_the_one_that_was_created(finished, results):
    assert checkpoints.load_experiment(results) == finished[0]


def test_the_config_names_the_versions_that_decide_the_result(results):
    versions = json.loads((results / "config.json").read_text())["versions"]
    assert versions["numpy"] == np.__version__
    assert versions["gymnasium"] == gymnasium.__version__
    assert versions["python"] == ".".join(map(str, os.sys.version_info[:3]))
    assert versions["trpo_lesson"]


def test_without_an_installed_package_its_version_is_called_not_installed(monkeypatch):
    def none(name):
        raise checkpoints.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(checkpoints.metadata, "version", none)
    assert checkpoints.versions_here()["trpo_lesson"] == "not installed"


def test_the_history_has_every_number_of_every_iteration_to_the_bit(finished, results):
    _, iterations = finished
    columns = checkpoints.load_history(results)
    assert columns["iteration"].tolist() == [1, 2, 3]
    assert columns["steps"].tolist() == [64, 128, 192]
    assert columns["episodes"].tolist() == [len(iteration.returns) for iteration in iterations]
    same = ("surrogate_gain", "kl", "delta", "step_length", "explained_variance", "effective_sample_size")
    for name in (*same, "accepted", "reason"):
        assert columns[name].tolist() == [getattr(iteration, name) for iteration in iterations], name
    assert columns["accepted"].dtype == bool
    parts = [columns[f"seconds_{part}"] for part in iterations[0].seconds]
    np.testing.assert_allclose(columns["seconds"], np.sum(parts, axis=0), rtol=1e-12)


def test_a_mean_return_is_of_the_episodes_of_that_batch_and_nan_where_none_ended(finished, tmp_path):
    _, (iteration, *_) = finished
    for number, returns in enumerate(([3.0, 4.0], [], [-1.0]), start=1):
        checkpoints.save(tmp_path, number, replace(iteration, returns=np.array(returns)))
    columns = checkpoints.load_history(tmp_path)
    np.testing.assert_array_equal(columns["mean_return"], [3.5, np.nan, -1.0])
    assert columns["episodes"].tolist() == [2, 0, 1]
    second_line = (tmp_path / "history.csv").read_text().splitlines()[2]
    assert second_line.startswith("2,64,0,,")  # an empty cell: pandas reads NaN


def test_a_reason_with_commas_and_quotes_comes_back(finished, tmp_path):
    reason = 'the evaluation was (0.1, 2), "too far"'
    checkpoints.save(tmp_path, 1, replace(finished[1][0], accepted=False, reason=reason))
    columns = checkpoints.load_history(tmp_path)
    assert columns["reason"].tolist() == [reason]
    assert columns["accepted"].tolist() == [False]


def test_the_history_is_a_table_for_any_csv_reader(results):
    with open(results / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["steps"]) for row in rows] == [64, 128, 192]
    assert all(None not in row and None not in row.values() for row in rows)
    assert b"\r" not in (results / "history.csv").read_bytes()


# Nothing is overwritten, nothing is ever half there


def test_a_new_directory_is_made_with_its_parents_and_an_empty_one_is_used(finished, tmp_path):
    for directory in (tmp_path / "a" / "b", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        checkpoints.create(directory, finished[0])
        assert checkpoints.load_experiment(directory) == finished[0]


@pytest.mark.parametrize("name", ["config.json", "notes.txt", ".hidden"])
def test_a_directory_that_holds_anything_is_refused_and_left_as_it_is(finished, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match=f"expected a new or an empty directory, got .*{name}"):
        checkpoints.create(tmp_path, finished[0])
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_of_two_runs_that_start_in_one_directory_the_second_is_refused(finished, tmp_path):
    with files.alone(tmp_path), pytest.raises(ValueError, match="to be the only one who trains there"):
        checkpoints.create(tmp_path, finished[0])
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_run_that_looked_while_the_directory_was_empty_looks_again_when_it_holds_it(
    finished, tmp_path, monkeypatch
):
    really_alone = files.alone

    def alone_too_late(directory):
        with really_alone(directory):
            files.replace(directory / "config.json", b"of another run")
        return really_alone(directory)

    monkeypatch.setattr(files, "alone", alone_too_late)
    with pytest.raises(ValueError, match=r"which holds config.json \(train --resume goes on"):
        checkpoints.create(tmp_path, finished[0])
    assert (tmp_path / "config.json").read_bytes() == b"of another run"


def test_what_a_run_left_that_was_killed_before_it_began_is_nothing(finished, tmp_path):
    (tmp_path / "lock").touch()
    (tmp_path / "config.json.tmp").write_text('{"format"')
    checkpoints.create(tmp_path, finished[0])
    assert checkpoints.load_experiment(tmp_path) == finished[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "lock"]


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"])
def test_a_file_in_the_place_of_the_directory_is_refused(finished, tmp_path, below):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ValueError, match=r"expected a directory to write to, got .*taken"):
        checkpoints.create(tmp_path / "taken" / below, finished[0])
    assert (tmp_path / "taken").read_text() == "mine"


def test_the_new_checkpoint_is_whole_and_on_disk_before_it_takes_the_place_of_the_old(
    finished, results, monkeypatch
):
    old, events = (results / "checkpoint.npz").read_bytes(), []
    really_replace, really_sync = os.replace, os.fsync

    def watched(source, target):
        with np.load(source) as archive:
            np.testing.assert_array_equal(archive["policy"], finished[1][0].policy.theta)
        assert Path(source).parent == Path(target).parent == results
        assert Path(target).read_bytes() == old
        events.append("replace")
        really_replace(source, target)

    monkeypatch.setattr(os, "fsync", lambda descriptor: (events.append("fsync"), really_sync(descriptor)))
    monkeypatch.setattr(os, "replace", watched)
    checkpoints.save(results, 1, finished[1][0])
    row_and_checkpoint, directory = ["fsync", "fsync", "replace"], ["fsync"] * hasattr(os, "O_DIRECTORY")
    assert events == row_and_checkpoint + directory
    np.testing.assert_array_equal(checkpoints.load_policy(results).theta, finished[1][0].policy.theta)


def test_a_file_system_that_cannot_sync_a_directory_is_good_enough(finished, results, monkeypatch):
    really_sync, refused = os.fsync, []

    def of_files_only(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            refused.append(descriptor)
            raise OSError(22, "Invalid argument")
        really_sync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    checkpoints.save(results, 1, finished[1][0])
    assert len(refused) == hasattr(os, "O_DIRECTORY")
    assert checkpoints.load_checkpoint(results).number == 1


class Full(io.BytesIO):
    """A file on a disk that is full after half of what is written."""

    def write(self, content):
        raise OSError(28, "No space left on device")


class Interrupted(io.BytesIO):
    def write(self, content):
        raise KeyboardInterrupt


@pytest.mark.parametrize(("disk", "problem"), [(Full, OSError), (Interrupted, KeyboardInterrupt)])
def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one_and_no_rubbish(
    finished, results, monkeypatch, disk, problem
):
    names = sorted(path.name for path in results.iterdir())
    old = (results / "checkpoint.npz").read_bytes()
    monkeypatch.setattr(
        files, "open", lambda path, mode: (open(path, mode).close(), disk())[1], raising=False
    )
    with pytest.raises(problem):
        checkpoints.save(results, 4, finished[1][0])
    monkeypatch.undo()
    assert (results / "checkpoint.npz").read_bytes() == old
    assert sorted(path.name for path in results.iterdir()) == names
    assert checkpoints.resume(results).number == 3
    assert checkpoints.load_history(results)["iteration"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["policy", "critic", "memory.0.rewards"])
def test_an_iteration_that_is_not_finite_is_never_saved(finished, results, name):
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    iteration = finished[1][0]
    arrays = iteration.state.arrays | {name: iteration.state.arrays[name] * np.nan}
    poisoned = replace(iteration, state=replace(iteration.state, arrays=arrays))
    with pytest.raises(ValueError, match=f"{name}: expected finite numbers, got NaN"):
        checkpoints.save(results, 4, poisoned)
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


def test_a_row_that_was_being_written_when_the_power_went_is_left_out(results):
    path = results / "history.csv"
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1  # of the last line
    for cut in range(start, len(whole), 5):
        path.write_bytes(whole[:cut])
        assert checkpoints.load_history(results)["iteration"].tolist() == [1, 2]


# What is damaged, foreign or dangerous is refused, by a message with the path


def refusal(load, results):
    """The message of the ValueError."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what the tests look at
        load(results)
    return str(caught.value)


@pytest.mark.parametrize(("load", "name"), [("policy", "checkpoint.npz"), ("history", "history.csv")])
def test_a_run_without_that_file_is_refused_by_name(results, load, name):
    (results / name).unlink()
    assert f"got no {name}" in refusal(getattr(checkpoints, f"load_{load}"), results)


def test_a_directory_without_a_run_is_refused_by_name(tmp_path):
    for directory in (tmp_path, tmp_path / "none"):
        for load in (checkpoints.load_experiment, checkpoints.load_policy):
            message = refusal(load, directory)
            assert message.startswith(str(directory))
            assert "got no config.json" in message


def test_every_truncated_checkpoint_is_refused(results):
    path = results / "checkpoint.npz"
    whole = path.read_bytes()
    for cut in range(0, len(whole), 10):
        path.write_bytes(whole[:cut])
        assert str(path) in refusal(checkpoints.load_checkpoint, results)


def same(one, other):
    """Whether two checkpoints hold the same, to the bit."""
    arrays, others = one.state.arrays, other.state.arrays
    return (
        arrays.keys() == others.keys()
        and all(arrays[name].tobytes() == others[name].tobytes() for name in arrays)
        and (one.number, one.state.plain) == (other.number, other.state.plain)
    )


def test_a_checkpoint_with_a_changed_byte_is_refused_or_was_not_hurt(results):
    path, rng = results / "checkpoint.npz", np.random.default_rng(0)
    whole, sound = path.read_bytes(), checkpoints.load_checkpoint(results)
    refused = 0
    for place in rng.permutation(len(whole))[:300]:
        damaged = bytearray(whole)
        damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            loaded = checkpoints.load_checkpoint(results)
        except ValueError:
            refused += 1
        else:
            assert same(loaded, sound)
    assert refused > 100  # a time stamp may change, a parameter may not


class Trap:
    """Unpickling it leaves a trace."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("name", ["policy", "plain", "environment.simulation"])
def test_pickled_objects_are_refused_and_never_run(results, tmp_path, name):
    trace = tmp_path / "trace"
    with_arrays(results, {name: np.array([Trap(trace)], dtype=object)})
    assert "allow_pickle=False" in refusal(checkpoints.load_checkpoint, results)
    (results / "checkpoint.npz").write_bytes(pickle.dumps({"policy": Trap(trace)}))
    assert "checkpoint.npz" in refusal(checkpoints.load_checkpoint, results)
    assert not trace.exists()


def test_one_array_in_the_place_of_the_archive_is_refused(results):
    with open(results / "checkpoint.npz", "wb") as file:
        np.save(file, np.ones(3))
    assert "checkpoint.npz: damaged" in refusal(checkpoints.load_policy, results)


@pytest.mark.parametrize("name", ["policy", "critic", "scaling.offset", "carried", "memory.0.observations"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(results, name, value):
    array = arrays_of(results)[name]
    array[-1] = value
    with_arrays(results, {name: array})
    assert f"{name}: expected finite numbers" in refusal(checkpoints.load_policy, results)


@pytest.mark.parametrize("dtype", [int, complex, str])
@pytest.mark.parametrize("name", ["policy", "scaling.scale", "memory.0.terminated"])
def test_arrays_of_another_kind_are_refused(results, name, dtype):
    with_arrays(results, {name: arrays_of(results)[name].astype(dtype)})
    assert f"checkpoint.npz: {name}: expected" in refusal(checkpoints.load_policy, results)


def test_parameters_of_another_network_than_the_config_says_are_refused(results):
    config = json.loads((results / "config.json").read_text())["config"]
    with_config(results, config=config | {"policy_hidden": [4]})
    message = refusal(checkpoints.load_policy, results)
    assert "expected the hidden layers (4,)" in message
    assert "got (5, 3)" in message
    with_config(results, config=config | {"value_hidden": [5]})
    assert "critic: expected the shape" in refusal(checkpoints.load_policy, results)


def test_every_array_is_refused_in_another_shape(results):
    path = results / "checkpoint.npz"
    whole, arrays = path.read_bytes(), arrays_of(results)
    ours = [name for name in arrays if not name.startswith(("environment.", "plain"))]
    assert len(ours) >= 18
    for name in ours:
        with_arrays(results, {name: np.concatenate((arrays[name].ravel(), arrays[name].ravel()[:1]))})
        assert f"{name}: expected the shape" in refusal(checkpoints.load_checkpoint, results)
        path.write_bytes(whole)


def test_every_array_is_missed(results):
    arrays = arrays_of(results)
    for name in arrays:
        np.savez(results / "checkpoint.npz", **{other: arrays[other] for other in arrays if other != name})
        if name.startswith("environment."):  # only the environment itself knows what it needs
            state, config = checkpoints.load_checkpoint(results).state, SMALL
            env_id = checkpoints.load_experiment(results).env_id
            with pytest.raises(ValueError, match=f"expected the state of 2 simulations, .*{name[12:]}"):
                list(train(env_id, config, seed=7, resume=state))
        else:
            assert "expected " in refusal(checkpoints.load_checkpoint, results)


def test_an_archive_with_one_array_more_is_refused(results):
    with_arrays(results, {"more": np.zeros(1)})
    assert "expected the entries ['carried'" in refusal(checkpoints.load_policy, results)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"distribution": "Cauchy"},
            "expected a distribution of Categorical, DiagonalGaussian, got 'Cauchy'",
        ),
        ({"format": 1}, "expected results of format 2, got 1"),
        ({"surplus": 1}, "expected the entries"),
        ({"iteration": 2}, "expected 64 steps an iteration, and at most 192, got 192 after iteration 2"),
        ({"iteration": -1}, "got 192 after iteration -1"),
        ({"iteration": "3"}, "got 192 after iteration 3"),
        ({"sizes": [4, 5, 3]}, "expected"),
        ({"sizes": None}, "damaged"),
        ({"state": {}}, "expected the entries ['generators', 'steps', 'unit']"),
    ],
)
def test_other_plain_parts_are_refused(results, changed, expected):
    with_plain(results, changed)
    assert expected in refusal(checkpoints.load_checkpoint, results)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"unit": 0.0}, "expected a finite unit of the critic above 0, got 0"),
        ({"unit": float("nan")}, "got nan"),
        ({"unit": None}, "damaged"),
        ({"steps": 191}, "got 191 after iteration 3"),
        ({"generators": {}}, "expected the entries ['actions', 'environment', 'initial']"),
        ({"generators": dict.fromkeys(("actions", "environment", "initial"), 5)}, "checkpoint.npz"),
        ({"generators": dict.fromkeys(("actions", "environment", "initial"), "PCG64")}, "checkpoint.npz"),
    ],
)
def test_another_state_is_refused(results, changed, expected):
    with_plain(results, {"state": plain_of(results)["state"] | changed})
    assert expected in refusal(checkpoints.load_checkpoint, results)


@pytest.mark.parametrize("text", ["", "[", "[]", "null", "5", "{}", "[" * 100_000])
def test_plain_parts_that_are_not_ours_are_refused(results, text):
    with_arrays(results, {"plain": np.array(text)})
    assert "checkpoint.npz" in refusal(checkpoints.load_checkpoint, results)


def test_every_truncated_config_is_refused(results):
    path = results / "config.json"
    whole = path.read_bytes().rstrip()
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        assert str(path) in refusal(checkpoints.load_experiment, results)


@pytest.mark.parametrize("text", [b"[]", b"null", b"1", b'"config"', b"{}", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_config_that_is_not_ours_is_refused(results, text):
    (results / "config.json").write_bytes(text)
    assert "config.json" in refusal(checkpoints.load_experiment, results)


def test_results_of_another_format_are_refused(results):
    with_config(results, format=1)
    assert "expected results of format 2, got 1: another version wrote them" in refusal(
        checkpoints.load_experiment, results
    )


@pytest.mark.parametrize(
    "change",
    [
        {"env_id": 5},
        {"seed": "7"},
        {"config": []},
        {"config": {"total_steps": 192}},
        {"surplus": 1},
    ],
)
def test_a_config_with_other_entries_is_refused(results, change):
    with_config(results, **change)
    assert "expected the " in refusal(checkpoints.load_experiment, results)


@pytest.mark.parametrize("change", [{"gamma": "high"}, {"delta": -1}, {"policy_hidden": {}}, {"unknown": 3}])
def test_a_config_with_a_setting_that_makes_no_sense_is_refused(results, change):
    with_config(results, config=json.loads((results / "config.json").read_text())["config"] | change)
    message = refusal(checkpoints.load_experiment, results)
    assert "expected" in message
    assert next(iter(change)) in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"\n2,128,", b"\n2,128,0,", "line 3: expected"),
        (b"\n2,128,", b"\ntwo,128,", "invalid literal"),
        (b",True,", b",perhaps,", "'perhaps'"),
        (b"mean_return", b"mean", "got none named ['mean_return']"),
        (b"\n3,", b"\n\xff,", "decode"),
    ],
)
def test_a_damaged_history_is_refused(results, old, new, expected):
    path = results / "history.csv"
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    message = refusal(checkpoints.load_history, results)
    assert str(path) in message
    assert expected in message


def test_a_history_without_a_single_whole_row_is_refused(results):
    path = results / "history.csv"
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert "expected the columns" in refusal(checkpoints.load_history, results)
    path.write_bytes(whole[: whole.index(b"\n") + 20])
    assert "expected a row for each iteration, got none" in refusal(checkpoints.load_history, results)


# A run that was stopped: the history is cut back to the checkpoint


def test_a_run_goes_on_from_its_checkpoint_and_nothing_is_touched(results):
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    assert checkpoints.resume(results).number == 3
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


def test_a_row_that_is_ahead_of_the_checkpoint_is_cut_off_wherever_it_was_broken(finished, results):
    path = results / "history.csv"
    before = path.read_bytes()
    history.append(path, history.row(4, finished[1][0]))
    ahead = path.read_bytes()
    for end in (*range(len(before), len(ahead), 9), len(ahead) - 1, len(ahead)):
        path.write_bytes(ahead[:end])
        assert checkpoints.resume(results).number == 3
        assert path.read_bytes() == before


def test_the_history_is_cut_by_one_rename(finished, results, monkeypatch):
    path = results / "history.csv"
    history.append(path, history.row(4, finished[1][0]))
    ahead = path.read_bytes()

    def killed(source, target):
        assert path.read_bytes() == ahead
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.resume(results)
    assert path.read_bytes() == ahead


def test_a_run_whose_first_iteration_was_not_saved_begins_again(finished, tmp_path):
    checkpoints.create(tmp_path, finished[0])
    assert checkpoints.resume(tmp_path) is None
    path = tmp_path / "history.csv"
    history.append(path, history.row(1, finished[1][0]))
    ahead = path.read_bytes()
    for end in (*range(0, len(ahead), 9), len(ahead) - 1, len(ahead)):
        path.write_bytes(ahead[:end])
        assert checkpoints.resume(tmp_path) is None
        assert not path.exists()


def test_what_was_being_written_is_taken_away(results):
    for name in ("config.json", "history.csv", "checkpoint.npz"):
        (results / f"{name}.tmp").write_bytes(b"half")
    checkpoints.resume(results)
    assert sorted(path.name for path in results.iterdir()) == [
        "checkpoint.npz",
        "config.json",
        "history.csv",
        "lock",
    ]


def without_checkpoint(results):
    (results / "checkpoint.npz").unlink()


def without_history(results):
    (results / "history.csv").unlink()


def without_row(results, number):
    path = results / "history.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if not line.startswith(b"%d," % number)))


def with_rows_ahead(results):
    path = results / "history.csv"
    path.write_bytes(path.read_bytes() + b"4,\n5,\n")


def truncated(results):
    path = results / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            without_checkpoint,
            "history.csv: expected 0 rows, as the checkpoint has iterations, or one more, got 3",
        ),
        (without_history, "got no history.csv"),
        (
            partial(without_row, number=3),
            "expected 3 rows, as the checkpoint has iterations, or one more, got 2",
        ),
        (with_rows_ahead, "or one more, got 5"),
        (truncated, "checkpoint.npz: damaged"),
    ],
)
def test_a_run_whose_files_do_not_fit_is_refused_and_left_as_it_is(results, damage, expected):
    damage(results)
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    assert expected in refusal(checkpoints.resume, results)
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


def test_a_history_with_other_iterations_is_refused(finished, results):
    without_row(results, number=2)
    history.append(results / "history.csv", history.row(4, finished[1][0]))
    assert "expected the iterations 1 to 3, got [1, 3, 4]" in refusal(checkpoints.resume, results)


# One process at a time


def test_a_directory_that_is_held_is_refused_and_free_again_afterwards(tmp_path):
    for _ in range(2):
        with files.alone(tmp_path), pytest.raises(ValueError, match=f"{tmp_path}: expected to be the only"):
            files.alone(tmp_path).__enter__()


def test_a_file_system_without_locks_is_good_enough(tmp_path, monkeypatch):
    def none(file):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(files, "_lock", none)
    with files.alone(tmp_path), files.alone(tmp_path):
        assert (tmp_path / "lock").exists()
