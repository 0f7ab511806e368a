"""The figure of the introduction tells what its caption tells."""

from trpo_lesson.show.theory import promise


def test_on_the_ledge_a_small_region_keeps_the_promise_and_a_large_one_breaks_it():
    words = promise.ledge_promise(theta_old=-2.0, deltas=(0.01, 0.5)).alt
    assert "radius 0.01 the step ends at -1.59: the surrogate changes by +0.19, the return by +0.11." in words
    assert "radius 0.5 the step ends at 0.40: the surrogate changes by +1.77, the return by -5.61." in words
