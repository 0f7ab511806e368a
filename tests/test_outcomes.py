"""What a sweep brought: common steps, curves and tables by hand; the small file keeps what a page shows."""

import json
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from trpo_lesson.sampled import ablation, checkpoints, experiments, outcomes
from trpo_lesson.sampled.config import TRPOConfig, settings
from trpo_lesson.sampled.intervals import bootstrap_interval

SMALL = TRPOConfig(400, n_envs=2, n_steps=32, policy_hidden=(5,), value_hidden=(4,))
DATA = Path(str(resources.files("trpo_lesson"))) / "data"
nan = np.nan


def history(steps, returns):
    return {"steps": np.array(steps), "mean_return": np.array(returns, float)}


def outcomes_of(final, *, kl_used=None, n_steps=3, config=SMALL):
    """Runs that ended with these returns, with curves of `n_steps` points."""
    n, rng = len(final), np.random.default_rng(0)
    steps, returns = np.arange(1, n_steps + 1) * 1024, rng.uniform(-1600, -100, (n, n_steps))
    kl_used = rng.random(n) if kl_used is None else np.array(kl_used)
    return outcomes.Outcomes(config, np.arange(100, 100 + n), steps, returns, np.array(final), kl_used)


# Curves


def test_the_common_steps_begin_where_every_run_has_earned_and_end_with_the_shortest():
    one, other = history([10, 20, 30, 40], [nan, 1, 2, 3]), history([15, 30, 45], [5, nan, 6])
    assert outcomes.common_steps([one, other]).tolist() == [20, 30, 40]


def test_a_curve_is_on_a_line_where_no_episode_ended_and_holds_its_last_value():
    runs = [history([10, 20, 30, 40], [1, nan, 3, nan]), history([10, 20, 30, 40], [0, 0, 0, 0])]
    steps = outcomes.common_steps(runs)
    assert steps.tolist() == [10, 20, 30, 40]
    assert outcomes._curve(runs[0], steps).tolist() == [1, 2, 3, 3]


def test_runs_without_an_episode_have_no_common_steps_and_empty_curves():
    steps = outcomes.common_steps([history([10, 20], [nan, nan]), history([10, 20], [1, 2])])
    assert steps.tolist() == outcomes._curve(history([10, 20], [nan, nan]), steps).tolist() == []


def test_a_long_run_is_thinned_to_what_a_figure_shows_with_both_ends():
    steps = outcomes.common_steps([history(np.arange(1, 1001) * 64, np.zeros(1000))])
    assert len(steps) == outcomes.POINTS
    assert (steps[0], steps[-1]) == (64, 64_000)
    assert set(steps % 64) == {0}
    assert np.ptp(np.diff(steps)) <= 64


def test_what_is_collected_is_what_the_runs_recorded(tmp_path):
    labels = {"as it is": SMALL, "without line search": replace(SMALL, line_search=False)}
    jobs = experiments.jobs_of("CartPole-v1", labels, [5, 6, 7])
    assert not any(reason for _, reason in experiments.sweep(jobs, tmp_path, processes=1))
    found = outcomes.collect(jobs, tmp_path)
    assert list(found) == list(labels)
    for label, runs in found.items():
        assert (runs.config, runs.seeds.tolist()) == (labels[label], [5, 6, 7])
        for i, seed in enumerate(runs.seeds):
            where = tmp_path / label.replace(" ", "-") / f"seed-{seed}"
            columns = checkpoints.load_history(where)
            known = np.isin(columns["steps"], runs.steps) & np.isfinite(columns["mean_return"])
            assert known.sum() > 3
            at = np.isin(runs.steps, columns["steps"][known])
            np.testing.assert_array_equal(runs.returns[i, at], columns["mean_return"][known])
            assert runs.final[i] == json.loads((where / "evaluation.json").read_text())["mean"]
            share = [kl / delta for kl, delta in zip(columns["kl"], columns["delta"], strict=True)]
            assert runs.kl_used[i] == pytest.approx(sum(share) / len(share))


def test_a_damaged_evaluation_is_named(tmp_path):
    job = experiments.Job("small", "CartPole-v1", SMALL, 1)
    list(experiments.sweep([job], tmp_path, processes=1))
    (experiments.place(job, tmp_path) / "evaluation.json").write_text("{")
    with pytest.raises(ValueError, match=r"seed-1.evaluation.json: expected an evaluation, got"):
        outcomes.collect([job], tmp_path)


# The table


def test_a_row_has_the_interquartile_mean_its_interval_the_share_solved_and_the_kl_used():
    final, kl = [500, 0, 475, 474, 480, 490, 470, 480], [0.5, 1.0, 0.75, 0.75, 0, 0, 0, 0]
    (row,) = outcomes.table({"a": outcomes_of(final, kl_used=kl)}, target=475, rng=np.random.default_rng(1))
    low, high = bootstrap_interval(final, rng=np.random.default_rng(1))
    assert tuple(row) == outcomes.COLUMNS
    assert row == {
        "label": "a",
        "runs": 8,
        "iqm": (474 + 475 + 480 + 480) / 4,
        "low": low,
        "high": high,
        "solved": 5 / 8,
        "kl_used": 3 / 8,
    }


def test_one_run_has_no_interval_and_an_environment_without_target_no_share():
    (row,) = outcomes.table({"a": outcomes_of([-3.0])}, rng=np.random.default_rng(0))
    assert (row["runs"], row["iqm"], row["low"], row["high"], row["solved"]) == (1, -3, None, None, None)
    assert json.loads(json.dumps(row)) == row


def interval(label, low, high):
    return {"label": label, "low": low, "high": high}


def test_apart_are_the_rows_whose_interval_does_not_touch_that_of_the_first():
    others = [interval("below", 1, 3.9), interval("touches", 2, 4), interval("inside", 5, 5)]
    others += [interval("around", 0, 10), interval("above", 6.1, 7), interval("touches above", 6, 8)]
    assert outcomes.apart([interval("first", 4, 6), *others]) == ["below", "above"]


# The small file


def test_what_is_stored_comes_back_to_four_digits_of_the_curves_and_eight_of_the_rest(tmp_path):
    config = settings("Pendulum-v1", 20_480)
    saved = {"as it is": outcomes_of([-150.123456789, -1432.5], config=config), "b": outcomes_of([1.0, 2.0])}
    outcomes.store(tmp_path / "small.json", "Pendulum-v1", saved)
    env_id, loaded = outcomes.load(tmp_path / "small.json")
    assert (env_id, list(loaded)) == ("Pendulum-v1", ["as it is", "b"])
    for label, runs in saved.items():
        back = loaded[label]
        assert back.config == runs.config
        np.testing.assert_array_equal(back.seeds, runs.seeds)
        np.testing.assert_array_equal(back.steps, runs.steps)
        np.testing.assert_allclose(back.returns, runs.returns, rtol=5e-4)
        for name in ("final", "kl_used"):
            np.testing.assert_allclose(getattr(back, name), getattr(runs, name), rtol=5e-8)
    assert len(str(loaded["b"].returns[0, 0])) <= len("-1234.0")


def test_twenty_seeds_of_the_whole_ablation_are_less_than_100_kilobytes(tmp_path):
    config, final = settings("Pendulum-v1", 20_480), np.random.default_rng(1).uniform(-1600, -100, 20)
    runs = outcomes_of(final, n_steps=outcomes.POINTS, config=config)
    outcomes.store(tmp_path / "all.json", "Pendulum-v1", dict.fromkeys(ablation.variants(config), runs))
    assert 30_000 < (tmp_path / "all.json").stat().st_size < 100_000


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "steps": []}', "\ud800"])
def test_a_file_that_is_not_ours_is_refused_by_name(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ValueError, match=r"other.json: expected a stored sweep of format 1, got"):
        outcomes.load(path)


def test_a_stored_sweep_of_another_format_is_refused(tmp_path):
    path = tmp_path / "later.json"
    outcomes.store(path, "CartPole-v1", {"a": outcomes_of([1.0, 2.0])})
    path.write_text(path.read_text().replace('"format":1', '"format":2'))
    with pytest.raises(ValueError, match=r"later.json: expected .* of format 1, got ValueError: format 2"):
        outcomes.load(path)


def test_a_sweep_that_the_package_does_not_have_is_named():
    with pytest.raises(ValueError, match=r"ablation-None-v0.json: expected a stored sweep"):
        outcomes.stored("ablation-None-v0")


@pytest.mark.parametrize("path", sorted(DATA.glob("ablation-*.json")), ids=lambda path: path.stem)
def test_a_stored_ablation_is_of_the_setting_that_the_book_has_now(path):
    env_id, loaded = outcomes.load(path)
    config = loaded[ablation.AS_IT_IS].config
    assert path.stem == f"ablation-{env_id}"
    assert config == settings(env_id, config.total_steps)
    expected = {label: asdict(one) for label, one in ablation.variants(config).items()}
    assert {label: asdict(runs.config) for label, runs in loaded.items()} == expected
    assert list(outcomes.stored(path.stem)) == list(loaded)
