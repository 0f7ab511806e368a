"""Results on disk: what is saved comes back to the bit; what is damaged or dangerous is refused."""

import csv
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from trpo_lesson.sampled import checkpoints
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
    with np.load(results / "policy.npz") as archive:
        return dict(archive)


def with_arrays(results, **changed):
    np.savez(results / "policy.npz", **(arrays_of(results) | changed))


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


def test_of_two_runs_that_start_in_one_directory_the_second_is_refused(finished, tmp_path, monkeypatch):
    checkpoints.create(tmp_path, finished[0])
    before = (tmp_path / "config.json").read_bytes()
    monkeypatch.setattr(
        Path, "iterdir", lambda self: iter(())
    )  # it looked while the directory was still empty
    with pytest.raises(ValueError, match="expected a directory to write to"):
        checkpoints.create(tmp_path, replace(finished[0], seed=8))
    assert (tmp_path / "config.json").read_bytes() == before


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"])
def test_a_file_in_the_place_of_the_directory_is_refused(finished, tmp_path, below):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ValueError, match=r"expected a directory to write to, got .*taken"):
        checkpoints.create(tmp_path / "taken" / below, finished[0])
    assert (tmp_path / "taken").read_text() == "mine"


def test_the_new_policy_is_whole_and_on_disk_before_it_takes_the_place_of_the_old(
    finished, results, monkeypatch
):
    old, events = (results / "policy.npz").read_bytes(), []
    really_replace, really_sync = os.replace, os.fsync

    def watched(source, target):
        with np.load(source) as archive:
            np.testing.assert_array_equal(archive["theta"], finished[1][0].policy.theta)
        assert Path(source).parent == Path(target).parent == results
        assert Path(target).read_bytes() == old
        events.append("replace")
        really_replace(source, target)

    monkeypatch.setattr(os, "fsync", lambda descriptor: (events.append("fsync"), really_sync(descriptor)))
    monkeypatch.setattr(os, "replace", watched)
    checkpoints.save(results, 4, finished[1][0])
    assert events == ["fsync", "fsync", "replace"]  # the row of the history, then the policy
    np.testing.assert_array_equal(checkpoints.load_policy(results).theta, finished[1][0].policy.theta)


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_policy_that_cannot_be_written_leaves_the_old_one_and_no_rubbish(
    finished, results, monkeypatch, problem
):
    def half_written(file, **arrays):
        file.write(b"PK half")
        raise problem

    names = sorted(path.name for path in results.iterdir())
    old = (results / "policy.npz").read_bytes()
    monkeypatch.setattr(np, "savez", half_written)
    with pytest.raises(type(problem)):
        checkpoints.save(results, 4, finished[1][0])
    assert (results / "policy.npz").read_bytes() == old
    assert sorted(path.name for path in results.iterdir()) == names


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


@pytest.mark.parametrize(("load", "name"), [("policy", "policy.npz"), ("history", "history.csv")])
def test_a_run_without_that_file_is_refused_by_name(results, load, name):
    (results / name).unlink()
    assert f"got no {name}" in refusal(getattr(checkpoints, f"load_{load}"), results)


def test_a_directory_without_a_run_is_refused_by_name(tmp_path):
    for directory in (tmp_path, tmp_path / "none"):
        for load in (checkpoints.load_experiment, checkpoints.load_policy):
            message = refusal(load, directory)
            assert message.startswith(str(directory))
            assert "got no config.json" in message


def test_every_truncated_policy_is_refused(results):
    path = results / "policy.npz"
    whole = path.read_bytes()
    for cut in range(0, len(whole), 11):
        path.write_bytes(whole[:cut])
        assert str(path) in refusal(checkpoints.load_policy, results)


def test_a_policy_with_a_changed_byte_is_refused_or_was_not_hurt(results):
    path, rng = results / "policy.npz", np.random.default_rng(0)
    whole, theta = path.read_bytes(), checkpoints.load_policy(results).theta
    refused = 0
    for place in rng.permutation(len(whole))[:200]:
        damaged = bytearray(whole)
        damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            loaded = checkpoints.load_policy(results).theta
        except ValueError:
            refused += 1
        else:
            np.testing.assert_array_equal(loaded, theta, strict=True)
    assert refused > 50  # a time stamp may change, a parameter may not


class Trap:
    """Unpickling it leaves a trace."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def test_pickled_objects_are_refused_and_never_run(results, tmp_path):
    trace = tmp_path / "trace"
    with_arrays(results, theta=np.array([Trap(trace)], dtype=object))
    assert "allow_pickle=False" in refusal(checkpoints.load_policy, results)
    (results / "policy.npz").write_bytes(pickle.dumps({"theta": Trap(trace)}))
    assert "policy.npz" in refusal(checkpoints.load_policy, results)
    assert not trace.exists()


def test_one_array_in_the_place_of_the_archive_is_refused(results):
    with open(results / "policy.npz", "wb") as file:
        np.save(file, np.ones(3))
    assert "policy.npz: damaged" in refusal(checkpoints.load_policy, results)


@pytest.mark.parametrize("name", ["theta", "offset", "scale"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parameters_that_are_not_finite_are_refused(results, name, value):
    array = arrays_of(results)[name]
    array[-1] = value
    with_arrays(results, **{name: array})
    assert "expected finite floating-point numbers" in refusal(checkpoints.load_policy, results)


@pytest.mark.parametrize("dtype", [int, complex, np.float16, str])
def test_parameters_of_another_kind_are_refused(results, dtype):
    with_arrays(results, theta=arrays_of(results)["theta"].astype(dtype))
    assert "policy.npz" in refusal(checkpoints.load_policy, results)


def test_parameters_of_another_network_than_the_config_says_are_refused(results):
    with_config(
        results, config=json.loads((results / "config.json").read_text())["config"] | {"policy_hidden": [4]}
    )
    message = refusal(checkpoints.load_policy, results)
    assert "expected the hidden layers (4,)" in message
    assert "got (5, 3)" in message


@pytest.mark.parametrize("name", ["theta", "offset", "scale", "sizes"])
@pytest.mark.parametrize("change", [lambda array: array[:-1], lambda array: np.append(array, array[-1:])])
def test_arrays_that_do_not_fit_each_other_are_refused(results, name, change):
    with_arrays(results, **{name: change(arrays_of(results)[name])})
    assert "expected" in refusal(checkpoints.load_policy, results)


def test_another_distribution_is_refused(results):
    with_arrays(results, distribution=np.array("Cauchy"))
    message = refusal(checkpoints.load_policy, results)
    assert "expected a distribution of Categorical, DiagonalGaussian, got 'Cauchy'" in message


def test_an_archive_with_more_or_fewer_arrays_is_refused(results):
    with_arrays(results, more=np.zeros(1))
    assert "expected the entries ['distribution'" in refusal(checkpoints.load_policy, results)
    arrays = arrays_of(results)
    del arrays["more"], arrays["scale"]
    np.savez(results / "policy.npz", **arrays)
    assert "expected the entries ['distribution'" in refusal(checkpoints.load_policy, results)


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
    with_config(results, format=2)
    assert "expected results of format 1, got 2" in refusal(checkpoints.load_experiment, results)


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
