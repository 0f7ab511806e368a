"""The rules of the benchmark: who takes part, on what, how long, on which seeds; what counts as solved."""

import time
from dataclasses import dataclass

# Who takes part, by the names that the results use. FLOORS only step the environments.
OURS = "ours"
OURS_SAME_WORK = "ours, same work"
OURS_ON_GYMNASIUM = "ours, same work, gymnasium's environments"
OURS_SAME_PASSES = "ours, same passes"
OURS_THROUGHPUT = "ours, throughput"
FLOOR = "stepping alone"
FLOOR_THROUGHPUT = "stepping alone, throughput"
TRPO = "sb3-contrib TRPO"
TRPO_SAME_WORK = "sb3-contrib TRPO, same work"
PPO = "sb3 PPO"

SOLVED = {"CartPole-v1": 475, "Pendulum-v1": -200}  # mean undiscounted return of an evaluation
ENVIRONMENTS = tuple(SOLVED)
EVERY, EPISODES = 1024, 20  # environment steps between two evaluations; greedy episodes in each

SELECTION = range(60)  # the seeds on which our settings were chosen
FRESH = range(1000, 1030)  # the seeds on which everything here is measured
MEDIAN_OF = 20  # fresh seeds in the median of the steps to solved

BUDGET = {"CartPole-v1": 10_240, "Pendulum-v1": 20_480}  # environment steps of a run of ours
THROUGHPUT_BUDGET = {"CartPole-v1": 98_304, "Pendulum-v1": 204_800}
ZOO_BUDGET = 100_000  # n_timesteps of the zoo, for both peers on both environments
# Everything runs on one thread. So on an idle machine both clocks agree, and on a busy one the first does not
# count what others took; but Windows gives it in steps of 16 ms only.
CLOCKS = {"processor": time.process_time, "wall": time.perf_counter}

WINDOW = 8192  # steps over which the speed of a peer is taken

UNTUNED = {"Acrobot-v1": 100_000, "InvertedPendulum-v5": 100_000, "Hopper-v5": 100_000}
TARGETS = {"Acrobot-v1": -100, "InvertedPendulum-v5": 950}  # Hopper's is not given: what it reaches is told


@dataclass(frozen=True)
class Size:
    """How much is measured: seeds of each contestant, rounds of the speed, steps of a peer's run."""

    seeds: int = len(FRESH)
    throughput_seeds: int = 10
    peer_seeds: int = 5
    peer_steps: int = ZOO_BUDGET
    rounds: int = 10
    untuned_seeds: int = 5
    untuned_steps: int | None = None  # None: those of UNTUNED


QUICK = Size(
    4, throughput_seeds=1, peer_seeds=1, peer_steps=20_480, rounds=2, untuned_seeds=1, untuned_steps=10_240
)


def window(name, env_id):
    """Environment steps that the speed is taken over: a whole run of ours, a fixed WINDOW of the others."""
    if name in (OURS_THROUGHPUT, FLOOR_THROUGHPUT):
        return THROUGHPUT_BUDGET[env_id]
    return BUDGET[env_id] if name in (OURS, FLOOR) else WINDOW
