"""The MDP keeps what it is given, refuses what is not an MDP, and reads gymnasium's transition tables."""

from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest

from trpo_lesson.exact.mdp import MDP, from_gymnasium, require_distributions, require_policy

# Two states, three actions: the smallest MDP in which S, A and their order can be told apart.
P = np.array([[[1, 0], [0, 1], [0.5, 0.5]], [[0, 1], [1, 0], [0.25, 0.75]]])
R = np.array([[1, 2, 3], [4, 5, 6]])
RHO0 = np.array([0.25, 0.75])


def two_states(**changes):
    return MDP(**{"P": P, "r": R, "rho0": RHO0, "gamma": 0.9} | changes)


def with_entry(array, index, value):
    array = np.array(array, dtype=float)
    array[index] = value
    return array


def test_an_mdp_keeps_its_numbers_as_floats_and_counts_states_and_actions():
    mdp = MDP(P.tolist(), R.tolist(), RHO0.tolist(), 0.9)
    for kept, given in ((mdp.P, P), (mdp.r, R), (mdp.rho0, RHO0)):
        assert kept.dtype == float
        np.testing.assert_array_equal(kept, given)
    assert (mdp.n_states, mdp.n_actions, mdp.gamma) == (2, 3, 0.9)


def test_the_arrays_of_an_mdp_cannot_be_written():
    mdp = two_states()
    for array in (mdp.P, mdp.r, mdp.rho0):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        mdp.gamma = 0.5


def test_a_writeable_array_is_copied_so_that_its_owner_cannot_change_the_mdp():
    mine = P.copy()
    mdp = two_states(P=mine)
    mine[:] = 0
    np.testing.assert_array_equal(mdp.P, P)
    assert mine.flags.writeable


def test_a_read_only_array_is_shared_not_copied():
    shared = P.copy()
    shared.flags.writeable = False
    assert two_states(P=shared).P is shared


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"P": P[0]}, r"P: expected shape \(S, A, S\), got \(3, 2\)"),
        ({"P": P[:1]}, r"P: expected shape \(S, A, S\), got \(1, 3, 2\)"),
        ({"P": P[:, :0]}, r"P: expected shape \(S, A, S\), got \(2, 0, 2\)"),
        ({"r": R.T}, r"r: expected shape \(2, 3\), got \(3, 2\)"),
        ({"rho0": np.ones(3) / 3}, r"rho0: expected shape \(2,\), got \(3,\)"),
        ({"rho0": RHO0[:, None]}, r"rho0: expected shape \(2,\), got \(2, 1\)"),
        (
            {"P": with_entry(P, (1, 2), [0.25, 0.5])},
            r"P: expected .* sum to 1, got the sum 0.75 in row \(1, 2\)",
        ),
        ({"P": with_entry(P, (0, 1), [-0.5, 1.5])}, r"P: expected probabilities >= 0, got the entry -0.5"),
        ({"P": with_entry(P, (0, 1, 0), np.nan)}, r"P: expected probabilities >= 0, got the entry nan"),
        (
            {"P": with_entry(P, (1, 0, 0), np.inf)},
            r"P: expected .* sum to 1, got the sum inf in row \(1, 0\)",
        ),
        ({"rho0": [0.25, 0.5]}, r"rho0: expected probabilities that sum to 1, got the sum 0.75$"),
        ({"rho0": [1.25, -0.25]}, r"rho0: expected probabilities >= 0, got the entry -0.25"),
        ({"r": with_entry(R, (0, 0), np.nan)}, r"r: expected finite rewards, got NaN or infinity"),
        ({"r": with_entry(R, (1, 2), -np.inf)}, r"r: expected finite rewards, got NaN or infinity"),
        ({"gamma": 1}, r"gamma: expected a discount in \[0, 1\), got 1"),
        ({"gamma": -0.1}, r"gamma: expected a discount in \[0, 1\), got -0.1"),
        ({"gamma": np.nan}, r"gamma: expected a discount in \[0, 1\), got nan"),
    ],
)
def test_what_is_no_mdp_is_refused_with_what_was_expected_and_what_came(changes, message):
    with pytest.raises(ValueError, match="^" + message):
        two_states(**changes)


def test_a_discount_of_zero_is_allowed():
    assert two_states(gamma=0).gamma == 0


@pytest.mark.parametrize("error", [9e-9, -9e-9])
def test_a_sum_that_is_off_by_less_than_1e_8_counts_as_rounding(error):
    require_distributions("p", np.array([0.5, 0.5 + error]))


@pytest.mark.parametrize("error", [1.1e-8, -1.1e-8])
def test_a_sum_that_is_off_by_more_than_1e_8_is_refused(error):
    with pytest.raises(ValueError, match="sum to 1"):
        require_distributions("p", np.array([0.5, 0.5 + error]))


def test_the_row_that_is_named_is_the_worst_one():
    with pytest.raises(ValueError, match=r"got the sum 0.5 in row \(2,\)"):
        require_distributions("p", np.array([[0.5, 0.6], [0.5, 0.5], [0.25, 0.25]]))


def test_require_policy_hands_back_the_policy_as_an_array_of_floats():
    pi = require_policy(two_states(), [[1, 0, 0], [0, 0, 1]])
    assert pi.dtype == float
    np.testing.assert_array_equal(pi, [[1, 0, 0], [0, 0, 1]])


def test_require_policy_names_the_policy_that_it_refuses():
    with pytest.raises(ValueError, match=r"^pi: expected shape \(2, 3\), got \(3, 2\)"):
        require_policy(two_states(), np.full((3, 2), 0.5))
    with pytest.raises(ValueError, match=r"^pi_new: expected .* sum to 1, got the sum 1.5 in row \(1,\)"):
        require_policy(two_states(), [[1, 0, 0], [0.5, 0.5, 0.5]], "pi_new")


# --- gymnasium's transition tables: lists of (probability, next state, reward, terminated) ---


def with_tables(table, start):
    env = SimpleNamespace(P=table, initial_state_distrib=np.array(start))
    return SimpleNamespace(unwrapped=env)


def test_a_transition_table_is_read_entry_by_entry():
    """Two states, one action. From s0: half of the time to s1 (reward 4); two entries that stay (8 and 0).
    From s1: half of the time an end, which the table continues at s0 (reward 6), else s0 (reward 2).
    """
    table = {
        0: {0: [(0.5, 1, 4, False), (0.25, 0, 8, False), (0.25, 0, 0, False)]},
        1: {0: [(0.5, 0, 6, True), (0.5, 0, 2, False)]},
    }
    mdp = from_gymnasium(with_tables(table, [0.25, 0.75]), gamma=0.9)
    np.testing.assert_array_equal(mdp.P[:, 0], [[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0, 1]])
    np.testing.assert_array_equal(mdp.r[:, 0], [4, 4, 0])  # .5 * 4 + .25 * 8; .5 * 6 + .5 * 2; the end
    np.testing.assert_array_equal(mdp.rho0, [0.25, 0.75, 0])
    assert mdp.gamma == 0.9


@pytest.mark.parametrize(
    ("env_id", "n_states", "n_actions"),
    [("FrozenLake-v1", 16, 4), ("CliffWalking-v1", 48, 4), ("Taxi-v4", 500, 6)],
)
def test_the_toy_text_environments_become_mdps_with_one_state_for_the_end(env_id, n_states, n_actions):
    mdp = from_gymnasium(gym.make(env_id), gamma=0.5)
    assert (mdp.n_states, mdp.n_actions) == (n_states + 1, n_actions)
    np.testing.assert_array_equal(mdp.P[-1], np.eye(n_states + 1)[[-1] * n_actions])
    np.testing.assert_array_equal(mdp.r[-1], np.zeros(n_actions))
    assert mdp.rho0[-1] == 0


@pytest.mark.parametrize("missing", ["P", "initial_state_distrib"])
def test_an_environment_without_both_tables_is_refused(missing):
    env = with_tables({0: {0: [(1.0, 0, 0, False)]}}, [1.0])
    delattr(env.unwrapped, missing)
    with pytest.raises(
        ValueError, match="expected an environment with tables P and initial_state_distrib, got"
    ):
        from_gymnasium(env, gamma=0.9)


def test_what_has_no_transition_table_is_named_in_the_error():
    with pytest.raises(ValueError, match=r"got <TimeLimit.*CartPole-v1"):
        from_gymnasium(gym.make("CartPole-v1"), gamma=0.9)
    with pytest.raises(ValueError, match="got FrozenLake-v1"):
        from_gymnasium("FrozenLake-v1", gamma=0.9)
