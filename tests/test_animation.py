"""Pictures of a policy at work agree with the geometry that gymnasium documents."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from trpo_lesson.show import animation, theme
from trpo_lesson.show.interactive import slider


def drawn(scene, observation):
    axes = Figure().subplots()
    scene.draw(axes, np.array(observation))
    return axes


def rod(axes):
    """Where the one thick line begins and ends."""
    thick = max(axes.lines, key=lambda line: line.get_linewidth())
    return thick.get_xydata()


def titles(picture):
    return [int(step) for step in re.findall(r">step (\d+)<", picture.svg)]


@pytest.mark.parametrize(
    ("angle", "tip"),
    [(0, (1, 1)), (np.pi / 2, (2, 0)), (-np.pi / 2, (0, 0)), (np.pi / 6, (1.5, np.sqrt(3) / 2))],
)
def test_the_pole_stands_on_the_cart_and_a_positive_angle_leans_right(angle, tip):
    foot, top = rod(drawn(animation.CARTPOLE, [1, 0, angle, 0]))
    np.testing.assert_allclose(foot, (1, 0))
    np.testing.assert_allclose(top, tip, atol=1e-15)


def test_the_cart_is_drawn_around_its_place():
    (cart,) = drawn(animation.CARTPOLE, [-0.7, 0, 0, 0]).patches
    assert cart.get_x() + cart.get_width() / 2 == pytest.approx(-0.7)
    assert cart.get_y() + cart.get_height() / 2 == pytest.approx(0)


def test_the_ends_of_the_track_are_where_an_episode_ends():
    gymnasium = pytest.importorskip("gymnasium")
    limit = gymnasium.make("CartPole-v1").unwrapped.x_threshold
    track, left, right = drawn(animation.CARTPOLE, [0, 0, 0, 0]).lines[:3]
    assert list(track.get_xdata()) == [-limit, limit]
    assert [set(end.get_xdata()) for end in (left, right)] == [{-limit}, {limit}]


def test_the_pole_is_as_long_as_in_gymnasium():
    gymnasium = pytest.importorskip("gymnasium")
    half_length = gymnasium.make("CartPole-v1").unwrapped.length
    foot, top = rod(drawn(animation.CARTPOLE, [0, 0, 0.1, 0]))
    assert np.linalg.norm(top - foot) == pytest.approx(2 * half_length)


@pytest.mark.parametrize(("angle", "tip"), [(0, (0, 1)), (np.pi / 2, (-1, 0)), (np.pi, (0, -1))])
def test_the_pendulum_turns_counter_clockwise_from_upright(angle, tip):
    _, top = rod(drawn(animation.PENDULUM, [np.cos(angle), np.sin(angle), 0]))
    np.testing.assert_allclose(top, tip, atol=1e-15)


def test_everything_stays_in_view():
    for scene, observation in (
        (animation.CARTPOLE, [2.4, 0, 0, 0]),
        (animation.CARTPOLE, [-2.4, 0, 0, 0]),
        (animation.PENDULUM, [-1, 0, 0]),
    ):
        axes = drawn(scene, observation)
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        x, y = rod(axes).T
        assert left < min(x) <= max(x) < right
        assert bottom < min(y) <= max(y) < top


def test_a_strip_runs_from_the_first_observation_to_the_last_in_even_steps():
    assert titles(animation.cartpole_strip(np.zeros((101, 4)), moments=6)) == [0, 20, 40, 60, 80, 100]
    assert titles(animation.pendulum_strip(np.tile([1.0, 0, 0], (9, 1)), moments=3)) == [0, 4, 8]


def test_a_strip_has_six_pictures_unless_told_otherwise():
    assert len(titles(animation.cartpole_strip(np.zeros((50, 4))))) == 6
    assert len(titles(animation.pendulum_strip(np.tile([1.0, 0, 0], (50, 1))))) == 6
    assert len(titles(animation.cartpole_strip(np.zeros((50, 4)), moments=4))) == 4


def test_panels_without_a_picture_stay_empty():
    strip = animation.cartpole_strip(np.zeros((50, 4)), moments=4)  # in two rows of three
    assert len(re.findall("<text", strip.svg)) == len(titles(strip)) == 4


def test_an_occasion_tells_two_strips_of_equal_episodes_apart():
    first, second = (
        animation.pendulum_strip(np.tile([1.0, 0, 0], (9, 1)), occasion=f"after update {k}") for k in (1, 2)
    )
    assert first.alt.startswith("Pendulum after update 1, 9 steps in 6 pictures")
    assert second.alt == first.alt.replace("update 1", "update 2")


def test_the_words_of_a_strip_say_what_its_pictures_show():
    observations = [[0, 0, 0, 0], [1.26, 0, np.radians(10), 0], [-0.01, 0, np.radians(-5), 0]]
    assert animation.cartpole_strip(observations, moments=3).alt == (
        "Cart-pole, 3 steps in 3 pictures: step 0, cart at 0.0, pole upright; "
        "step 1, cart at 1.3, pole 10° to the right; step 2, cart at 0.0, pole 5° to the left."
    )


def test_the_words_of_a_frame_say_to_which_side_the_pendulum_hangs():
    frame = animation.episode_frames(animation.PENDULUM, [[0, 1, 0], [0, -1, 0], [1, 0, 0]])
    assert [frame(t).alt for t in range(3)] == [
        "Pendulum at step 0: rod 90° to the left.",
        "Pendulum at step 1: rod 90° to the right.",
        "Pendulum at step 2: rod upright.",
    ]


def test_frames_of_an_episode_go_into_a_slider():
    frame = animation.episode_frames(animation.CARTPOLE, np.zeros((30, 4)))
    box = slider(frame, range(0, 30, 10), label="step")
    assert [
        f"at step {t}:" in html.value for t, html in zip((0, 10, 20), box.children[1].children, strict=True)
    ]


def test_a_strip_and_a_frame_are_small():
    strip = animation.cartpole_strip(np.random.default_rng(0).normal(size=(500, 4)))
    frame = animation.episode_frames(animation.PENDULUM, [[0.6, 0.8, 0]])(0)
    assert max(len(picture.svg) for picture in (strip, frame)) < 30_000


@pytest.mark.parametrize("shape", [(10, 3), (10, 5), (4,), (0, 4)])
def test_observations_of_another_shape_are_refused(shape):
    for draw in (animation.cartpole_strip, lambda o: animation.episode_frames(animation.CARTPOLE, o)):
        with pytest.raises(ValueError, match=r"expected observations \[T, 4\] of Cart-pole, got \("):
            draw(np.zeros(shape))


def test_the_colours_of_a_scene_are_roles():
    picture = animation.pendulum_strip([[0.6, 0.8, 0]], moments=1)
    assert f"var(--new, {theme.ROLES['new'].light})" in picture.svg
