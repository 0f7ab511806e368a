"""The benchmark judges fairly, runs what its settings say, and computes its table; no peer is needed here."""

import json
from itertools import pairwise

import findings
import goals
import judge
import measure
import numpy as np
import ours
import pytest
import rules
import run
import table
import zoo

from trpo_lesson.sampled import critic, environments, trpo
from trpo_lesson.sampled.config import settings
from trpo_lesson.sampled.policy import evaluate


@pytest.fixture
def follow(monkeypatch):
    """follow(every, seen=[]): a judge with a clock that stands still unless `judge.tick` moves it."""

    def one(every, *, seconds_of_an_evaluation=0.0):
        time = [0.0]

        def evaluated(env_id, choose, *, seed):
            time[0] += seconds_of_an_evaluation
            return np.full(rules.EPISODES, choose)

        monkeypatch.setattr(judge, "greedy_returns", evaluated)
        follower = judge.Judge("CartPole-v1", 0, every, lambda: time[0])
        return follower, lambda seconds: time.__setitem__(0, time[0] + seconds)

    return one


# The judge


def test_the_judge_counts_training_time_and_no_evaluation(follow):
    follower, passes = follow(1024, seconds_of_an_evaluation=100.0)
    passes(50)  # imports, networks
    follower.start()
    for steps in (1024, 2048, 3072):
        passes(2)
        follower.look(steps, 1.0)
    assert follower.seconds == [2, 4, 6]
    assert follower.trained == 6


@pytest.mark.parametrize(
    ("batch", "looks"),
    [
        (256, [1024, 2048, 3072, 4096]),
        (1024, [1024, 2048, 3072, 4096]),
        (1500, [1500, 3000, 4500]),
        (4096, [4096]),
    ],
)
def test_the_judge_evaluates_after_every_1024_steps_or_each_larger_batch(follow, batch, looks):
    follower, _ = follow(1024)
    follower.start()
    for steps in range(batch, 4600, batch):
        follower.look(steps, float(steps))
    assert follower.steps == looks
    assert follower.returns == looks  # the policy of that moment
    assert follower.reached == 4600 // batch * batch


def test_a_judge_of_speed_evaluates_nothing_and_adds_up_where_the_time_went(follow):
    follower, passes = follow(None)
    follower.start()
    for steps in (1024, 2048):
        passes(1)
        follower.look(steps, None, {"environment": 0.25})
    assert (follower.steps, follower.trained, follower.parts) == ([], 2, {"environment": 0.5})


@pytest.mark.parametrize("env_id", rules.ENVIRONMENTS)
def test_the_judge_plays_the_episodes_that_the_package_plays_on_the_same_starts(env_id):
    *_, last = trpo.train(env_id, settings(env_id, 2048), seed=1)
    choose = ours.greedy(last.policy, environments.make(env_id).action_space)
    returns = judge.greedy_returns(env_id, choose, seed=7)
    expected = evaluate(last.policy, env_id, episodes=20, rng=np.random.default_rng(7))
    np.testing.assert_array_equal(returns, expected)


# The settings

# hyperparams/trpo.yml and hyperparams/ppo.yml of rl-baselines3-zoo, without n_timesteps and policy.
ZOO_FILES = {
    (rules.TRPO, "CartPole-v1"): """
        n_envs: 2
        n_steps: 512
        batch_size: 512
        cg_damping: 1e-3
        gae_lambda: 0.98
        gamma: 0.99
        learning_rate: 1e-3
        n_critic_updates: 20""",
    (rules.TRPO, "Pendulum-v1"): """
        n_envs: 2
        n_steps: 1024
        gamma: 0.9
        n_critic_updates: 15
        use_sde: true
        sde_sample_freq: 4""",
    (rules.PPO, "CartPole-v1"): """
        n_envs: 8
        n_steps: 32
        batch_size: 256
        gae_lambda: 0.8
        gamma: 0.98
        n_epochs: 20
        ent_coef: 0.0
        learning_rate: "lin_0.001"
        clip_range: "lin_0.2" """,
    (rules.PPO, "Pendulum-v1"): """
        n_envs: 4
        n_steps: 1024
        gae_lambda: 0.95
        gamma: 0.9
        n_epochs: 10
        ent_coef: 0.0
        learning_rate: 1e-3
        clip_range: 0.2
        use_sde: true
        sde_sample_freq: 4""",
}


def test_the_settings_of_the_peers_are_the_zoos():
    lines = {key: [line.split(": ") for line in text.split("\n")[1:]] for key, text in ZOO_FILES.items()}
    expected = {
        key: {name.strip(): json.loads(value) for name, value in pairs} for key, pairs in lines.items()
    }
    assert expected == zoo.ZOO


def test_our_own_setting_is_the_books():
    assert zoo.OUR_CONFIGS[rules.OURS]("Pendulum-v1", 20_480) == settings("Pendulum-v1", 20_480)


@pytest.mark.parametrize(
    ("env_id", "equal"),
    [
        (
            "CartPole-v1",
            {"n_steps": 512, "gamma": 0.99, "lam": 0.98, "damping": 1e-3, "value_steps": 20},
        ),
        (
            "Pendulum-v1",
            {"n_steps": 1024, "gamma": 0.9, "lam": 0.95, "damping": 0.1, "value_steps": 15},
        ),
    ],
)
def test_the_same_work_has_the_peers_networks_batch_solver_and_radius(env_id, equal):
    config = vars(zoo.our_same_work(env_id, 8192))
    equal |= {"n_envs": 2, "policy_hidden": (64, 64), "value_hidden": (64, 64), "cg_iterations": 15}
    equal |= {"delta": 0.01, "final_delta": 0.01, "value_iterations": 1, "reuse": 1, "natural": True}
    assert {name: config[name] for name in equal} == equal


@pytest.mark.parametrize("env_id", rules.ENVIRONMENTS)
def test_the_same_passes_are_those_of_the_same_work_in_one_step(env_id):
    work, passes = (vars(setting(env_id, 8192)) for setting in (zoo.our_same_work, zoo.our_same_passes))
    updates = {"value_steps": 1, "value_iterations": zoo.ZOO[rules.TRPO, env_id]["n_critic_updates"]}
    assert passes == work | updates


@pytest.mark.parametrize("env_id", rules.ENVIRONMENTS)
def test_the_same_work_fits_the_critic_as_many_times_as_the_peer(env_id, monkeypatch):
    really, fits = critic.gauss_newton_step, []
    monkeypatch.setattr(critic, "gauss_newton_step", lambda *a, **k: fits.append(1) or really(*a, **k))
    follower = judge.Judge(env_id, rules.FRESH[0], None, lambda: 0.0)
    theirs = zoo.ZOO[rules.TRPO, env_id]
    ours.CONTESTANTS[rules.OURS_SAME_WORK](env_id, 2 * theirs["n_envs"] * theirs["n_steps"], follower)
    assert len(fits) == 2 * theirs["n_critic_updates"]


@pytest.mark.parametrize("env_id", rules.ENVIRONMENTS)
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (rules.OURS, environments.SimulatedVector),
        (rules.FLOOR, environments.SimulatedVector),
        (rules.OURS_SAME_WORK, environments.SimulatedVector),
        (rules.OURS_ON_GYMNASIUM, environments.GymnasiumVector),
        (rules.OURS_SAME_PASSES, environments.SimulatedVector),
        (rules.OURS_THROUGHPUT, environments.SimulatedVector),
        (rules.FLOOR_THROUGHPUT, environments.SimulatedVector),
    ],
)
def test_each_of_ours_takes_its_steps_in_the_environments_that_its_name_promises(
    name, kind, env_id, monkeypatch
):
    really, made = environments.vector, []
    monkeypatch.setattr(environments, "vector", lambda *a, **k: made.append(really(*a, **k)) or made[-1])
    setting = {rules.FLOOR: rules.OURS, rules.FLOOR_THROUGHPUT: rules.OURS_THROUGHPUT}.get(name, name)
    config = zoo.OUR_CONFIGS[setting](env_id, 20_480)
    follower = judge.Judge(env_id, 0, None, lambda: 0.0)
    ours.CONTESTANTS[name](env_id, config.batch_size, follower)
    (vector,) = made
    assert isinstance(vector, kind)
    assert (vector.n_envs, follower.reached) == (config.n_envs, config.batch_size)
    assert "throughput" not in name or vector.n_envs >= 32


def test_all_settings_are_kept_with_the_results():
    described = json.loads(json.dumps(zoo.described()))
    assert described[rules.OURS]["CartPole-v1"]["total_steps"] == 10_240
    assert described[rules.PPO]["CartPole-v1"]["clip_range"] == "lin_0.2"


# Who trains when


def test_everything_is_measured_on_seeds_that_no_setting_was_chosen_on():
    assert not set(rules.SELECTION) & set(rules.FRESH)
    jobs = [*measure.learning(rules.Size()), *measure.speed(rules.Size())]
    assert {job.seed for job in jobs} == set(rules.FRESH)


def test_the_contestants_take_turns():
    jobs = [job.contestant for job in measure.learning(rules.Size()) if job.env_id == "CartPole-v1"]
    assert jobs.count(rules.OURS) == 30
    for name, of_them in ((rules.TRPO, 5), (rules.PPO, 5), (rules.OURS_THROUGHPUT, 10)):
        places = [place for place, other in enumerate(jobs) if other == name]
        assert len(places) == of_them
        between = [jobs[a:b].count(rules.OURS) for a, b in pairwise([0, *places, len(jobs)])]
        assert max(between) <= 30 / of_them + 1


def test_in_each_round_of_the_speed_everybody_runs_once_on_the_rounds_seed():
    jobs = measure.speed(rules.Size(rounds=3))
    rounds = [jobs[start : start + len(jobs) // 3] for start in range(0, len(jobs), len(jobs) // 3)]
    for number, one in enumerate(rounds):
        assert {job.seed for job in one} == {rules.FRESH[number]}
        assert len({(job.contestant, job.env_id) for job in one}) == len(one) == 20
    assert all(job.every is None for job in jobs)


def test_every_contestant_warms_up_unrecorded_before_the_first_run():
    calls = []

    def contestant(env_id, steps, follower):
        calls.append((env_id, follower.seed))
        follower.start()
        follower.look(steps, None)

    jobs = [measure.Job("a", "CartPole-v1", seed, 512, every=None) for seed in (3, 4)]
    records = list(measure.done(jobs, {"a": contestant}, clock=iter(range(100)).__next__))
    assert calls == [("CartPole-v1", 0), ("CartPole-v1", 3), ("CartPole-v1", 4)]
    assert [(one["seed"], one["reached"], one["trained"]) for one in records] == [(3, 512, 1), (4, 512, 1)]


# What the records say


def learned(returns, *, seed=1000, contestant=rules.OURS, env_id="CartPole-v1", seconds=1.0):
    """The record of a run with these evaluations, 1,024 steps and `seconds` apart."""
    steps = [1024 * number for number in range(1, len(returns) + 1)]
    record = {"contestant": contestant, "env_id": env_id, "seed": seed, "budget": steps[-1], "every": 1024}
    record |= {"reached": steps[-1], "trained": seconds * len(steps), "parts": {}}
    return record | {"steps": steps, "seconds": [seconds * one / 1024 for one in steps], "returns": returns}


def raced(contestant, speed, *, seed=1000, env_id="CartPole-v1"):
    """The record of a round at so many steps per second."""
    record = {"contestant": contestant, "env_id": env_id, "seed": seed, "budget": 1000, "every": None}
    return record | {"reached": 1000, "trained": 1000 / speed, "parts": {"environment": 1.0, "policy": 3.0}}


def test_solved_is_the_first_evaluation_at_the_target_or_above():
    runs = [learned([100, 475, 474.9]), learned([100, 200, 300])]
    assert findings.to_solved(runs, "steps").tolist() == [2048, np.inf]
    assert findings.to_solved(runs, "seconds").tolist() == [2, np.inf]


def test_only_evaluations_after_the_first_solved_one_say_whether_it_stays():
    runs = [learned([100, 500, 500, 100, 500]), learned([500, 400]), learned([1, 2, 3])]
    assert findings.stays_solved(runs) == 0.5  # 500 100 500, 400; the last run never was
    assert np.isnan(findings.stays_solved([learned([100, 500])]))


def test_a_speed_ratio_is_the_median_of_those_within_a_round():
    slower_and_slower = [(400, 100), (40, 20), (2.5, 1)]
    runs = [
        raced(name, speed, seed=seed)
        for seed, speeds in enumerate(slower_and_slower)
        for name, speed in zip("ab", speeds, strict=True)
    ]
    assert findings.speed_ratio(runs, "a", "b", "CartPole-v1") == pytest.approx(2.5)  # of 4, 2 and 2.5
    assert findings.speed_ratio(runs[:-1], "a", "b", "CartPole-v1") == pytest.approx(3)  # of 4 and 2
    assert np.isnan(findings.speed_ratio([], "a", "b", "CartPole-v1"))


def test_shares_are_of_the_time_that_was_booked():
    assert findings.shares([raced("a", 1), raced("a", 1)]) == {"environment": 0.25, "policy": 0.75}


@pytest.mark.parametrize(
    ("must", "aim", "less", "value", "verdict"),
    [
        (10, 15, False, 9.99, "missed"),
        (10, 15, False, 10, "met"),
        (10, 15, False, 15, "met, and the aim"),
        (10, 6, True, 10.1, "missed"),
        (10, 6, True, 6.1, "met"),
        (10, 6, True, 6, "met, and the aim"),
        (10, 6, True, np.inf, "missed"),
        (10, 6, True, np.nan, ""),
    ],
)
def test_a_verdict_compares_with_must_and_aim(must, aim, less, value, verdict):
    goal = goals.Goal("", None, must, aim, str, less_is_better=less)
    assert goal.verdict(goals.Measured("", value, value)) == verdict


def test_the_musts_and_aims_are_those_that_were_set():
    numbers = {env_id: [(goal.must, goal.aim) for goal in rows] for env_id, rows in goals.GOALS.items()}
    assert numbers == {
        "CartPole-v1": [
            *((4096, 2560), (29 / 30, 1), (495, 498), (40, 70)),
            *((5, 8), (10, 15), (60, 100), (10, 6)),
        ],
        "Pendulum-v1": [
            *((12_288, 8192), (28 / 30, 1), (-150, -150), (12, 25)),
            *((4.5, 8), (2.5, 5), (12, 20), (35, 15)),
        ],
    }


def test_the_interval_of_the_mean_shall_reach_the_must_and_lie_above_the_aim():
    def verdict(ends):
        runs = [learned([end], seed=1000 + i, env_id="Pendulum-v1") for i, end in enumerate(ends)]
        goal = goals.GOALS["Pendulum-v1"][2]
        return goal.verdict(goal.measure({"learning": runs}, "Pendulum-v1"))

    assert verdict([-140, -141, -139, -140]) == "met, and the aim"
    assert verdict([-130, -140, -160, -175]) == "met"
    assert verdict([-170, -171, -169, -170]) == "missed"


# The table

ABOUT = {
    **{"date": "2026-01-01 00:00", "commit": "abc", "processor": "P", "cores": 2, "load": 0.1, "system": "S"},
    **{
        "python": "3.11",
        "versions": {"numpy": "2", "torch": None},
        "openblas_core": "C",
        "clock": "processor",
    },
    "quick": False,
}


def results():
    """Small results: CartPole is solved at once by ours and late by the peer, which is five times slower."""
    learning = [learned([480, 500], seed=seed) for seed in (1000, 1001)]
    learning += [learned([9] * 49 + [480], contestant=rules.TRPO)]
    speed = [raced(rules.OURS, 500), raced(rules.TRPO, 100), raced(rules.FLOOR, 4000)]
    return {name: {"about": ABOUT, "runs": runs} for name, runs in (("learning", learning), ("speed", speed))}


def rows_of(page, env_id):
    """name -> (must, aim, measured, verdict) in the table of goals of one environment."""
    lines = page.partition(f"| {env_id} | must ")[2].partition("\n\n")[0].splitlines()[2:]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {name: tuple(others) for name, *others in cells}


def test_the_table_is_computed_from_the_results():
    page = table.page(results())
    rows = rows_of(page, "CartPole-v1")
    assert rows[goals.STEPS] == ("4,096", "2,560", "1,024", "met, and the aim")
    assert rows[goals.AT_THE_END.format(10_240)] == ("29 of 30", "30 of 30", "2 of 2", "met, and the aim")
    assert rows[goals.MEAN] == ("495", "498", "500.0 [500.0, 500.0]", "met, and the aim")
    assert rows[goals.SECONDS] == ("40.0×", "70.0×", "50.0×", "met")
    assert rows[goals.OWN] == ("10.0×", "15.0×", "5.0×", "missed")
    assert rows[goals.STEPPING] == ("10.0×", "6.0×", "8.0×", "met")
    assert rows[goals.THROUGHPUT] == ("60.0×", "100.0×", "not measured", "")
    assert {verdict for *_, verdict in rows_of(page, "Pendulum-v1").values()} == {""}
    assert "numpy 2; processor clock" in page
    assert "quick" not in page.lower()


def test_the_table_of_other_results_says_other_things():
    changed = results()
    changed["learning"]["runs"][0]["returns"] = [480, 300]
    changed["speed"]["runs"][0]["trained"] /= 2
    rows = rows_of(table.page(changed), "CartPole-v1")
    assert rows[goals.AT_THE_END.format(10_240)][2:] == ("1 of 2", "missed")
    assert rows[goals.OWN][2:] == ("10.0×", "met")


def test_a_peer_that_never_solves_it_is_infinitely_slower():
    unsolved = results()
    unsolved["learning"]["runs"][-1]["returns"] = [9] * 50
    assert rows_of(table.page(unsolved), "CartPole-v1")[goals.SECONDS][2:] == ("∞", "met, and the aim")


def test_the_table_shows_other_kernels_and_untuned_environments():
    kernels = [
        learned([480, 300]) | {"openblas_core": "Haswell"},
        learned([480, 500]) | {"openblas_core": "Haswell"},
    ]
    reached = {
        "env_id": "Acrobot-v1",
        "seed": 1000,
        "budget": 100_000,
        "kept": -90.0,
        "best": None,
        "trained": 7,
    }
    reached = [reached, reached | {"kept": -80.0, "best": -85.0}]
    parts = {"kernels": {"about": ABOUT, "runs": kernels}, "untuned": {"about": ABOUT, "runs": reached}}
    page = table.page(results() | parts)
    assert (
        "| C | 2 | 1,024 | 2 of 2 | 500.0 [500.0, 500.0] | 500.0 |\n| Haswell | 2 | 1,024 | 1 of 2 |" in page
    )
    assert "| Acrobot-v1 | -100 | 100,000 | -90 -80 | -85.0 | none -85 | 7 |" in page


# The program


def test_a_part_takes_the_place_of_its_forerunner_and_leaves_the_others(tmp_path, monkeypatch, capsys):
    found = iter([results()["learning"]["runs"], results()["speed"]["runs"], []])
    monkeypatch.setattr(run, "PARTS", dict.fromkeys(("learning", "speed"), lambda size, clock: next(found)))
    monkeypatch.setattr(run.machine, "about", lambda: ABOUT)
    for part in ("learning", "speed", "learning"):
        run.main(["--part", part, "--out", str(tmp_path), "--quick"])
    written = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [len(written[name]["runs"]) for name in ("learning", "speed")] == [0, 3]
    assert written["speed"]["settings"] == json.loads(json.dumps(zoo.described()))
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert page in capsys.readouterr().out
    assert "QUICK" in page


def test_the_results_are_json_with_a_line_for_each_list_of_numbers():
    text = run.as_text(results())
    assert json.loads(text) == results()
    assert '   "returns": [ 480, 500 ]\n' in text


def test_the_small_version_never_overwrites_the_results_of_the_full_one():
    assert run.destination(run.parser().parse_args(["--quick"])) != run.destination(
        run.parser().parse_args([])
    )


def test_the_requirements_name_exact_versions_and_no_place_to_get_them_from():
    lines = (run.HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {"torch", "stable-baselines3", "sb3-contrib"} <= {line.partition("==")[0] for line in lines}
    assert all("==" in line.partition(";")[0] and "/" not in line for line in lines)
