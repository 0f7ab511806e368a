"""The house style: its colours, its figures, and what does not leak out of them."""

import itertools
import re

import matplotlib
import matplotlib.pyplot as pyplot
import numpy as np
import pytest

from trpo_lesson.show import theme

# Pages that figures stand on, and their text: the site, light and dark (sphinx-book-theme 1.2), and the theme
# below it (pydata-sphinx-theme 0.16). A notebook has no variables: there the light colours stand on dark.
LIGHT_PAGE, LIGHT_TEXT = "#ffffff", "#222832"
DARK_PAGES, DARK_TEXT = ("#121212", "#14181e"), "#ced6dd"
DARK_NOTEBOOK = "#111111"
TEXT, GRAPHICS = 4.5, 3.0  # WCAG 2.1, success criteria 1.4.3 and 1.4.11

# Machado, Oliveira & Fernandes 2009, severity 1: what linear RGB becomes for three kinds of colour blindness.
SEEN_BY = {
    "everyone": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # sRGB, IEC 61966-2-1
JUST_NOTICEABLE = 2.3  # a distance in CIELAB


def linear(colour):
    s = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    darker, lighter = sorted(float(XYZ[1] @ linear(colour)) for colour in (a, b))
    return (lighter + 0.05) / (darker + 0.05)


def lab(rgb):
    t = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def over(colour, page, opacity):
    mixed = opacity * np.array(matplotlib.colors.to_rgb(colour)) + (1 - opacity) * np.array(
        matplotlib.colors.to_rgb(page)
    )
    return matplotlib.colors.to_hex(mixed)


def test_a_number_in_a_figure_has_the_minus_sign_of_the_axes():
    axis = matplotlib.ticker.ScalarFormatter(useMathText=False)
    axis.create_dummy_axis()
    axis.set_locs([-2, 0])
    assert theme.number(-2, ".0f") == axis(-2) == "\N{MINUS SIGN}2"
    assert theme.number(0.25) == "0.25"


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21, rel=1e-4)
    assert contrast("#777777", "#ffffff") == pytest.approx(
        4.48, abs=0.005
    )  # the grey that just fails, as W3C tells


@pytest.mark.parametrize("name", theme.ROLES)
def test_every_role_can_carry_text_on_a_light_and_on_a_dark_page(name):
    role = theme.ROLES[name]
    assert contrast(role.light, LIGHT_PAGE) >= TEXT
    assert all(contrast(role.dark, page) >= TEXT for page in DARK_PAGES)


@pytest.mark.parametrize("name", theme.ROLES)
def test_the_fallback_of_every_role_is_seen_in_a_dark_notebook(name):
    assert contrast(theme.ROLES[name].light, DARK_NOTEBOOK) >= GRAPHICS


@pytest.mark.parametrize("name", theme.ROLES)
def test_text_stays_readable_on_the_fullest_shade_of_a_field(name):
    role = theme.ROLES[name]
    assert contrast(over(role.light, LIGHT_PAGE, theme.MAX_OPACITY), LIGHT_TEXT) >= TEXT
    assert all(contrast(over(role.dark, page, theme.MAX_OPACITY), DARK_TEXT) >= TEXT for page in DARK_PAGES)


def test_the_site_has_the_page_colours_that_these_tests_assume():
    sphinx_book_theme = pytest.importorskip(
        "sphinx_book_theme", reason="the book's own environment checks this"
    )
    folder = sphinx_book_theme.get_html_theme_path() / "static/styles"
    styles = (folder / "sphinx-book-theme.css").read_text()
    assert re.findall(r"html\[data-theme=dark\]\{[^}]*--pst-color-background:(#\w+)", styles) == [
        DARK_PAGES[0]
    ]


@pytest.mark.parametrize("eyes", SEEN_BY)
@pytest.mark.parametrize("page", ["light", "dark"])
def test_roles_stay_apart_for_colour_blind_readers(eyes, page):
    seen = [lab(np.array(SEEN_BY[eyes]) @ linear(getattr(role, page))) for role in theme.ROLES.values()]
    closest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert closest > 6 * JUST_NOTICEABLE


def test_colour_blindness_leaves_grey_grey():
    for matrix in SEEN_BY.values():
        np.testing.assert_allclose(np.array(matrix) @ np.ones(3), 1, atol=2e-6)


def test_dashes_and_markers_tell_the_roles_apart_without_colour():
    roles = theme.ROLES.values()
    assert len({str(role.linestyle) for role in roles}) == len({role.marker for role in roles}) == len(roles)


def test_a_role_is_drawn_with_its_colour_dashes_and_marker():
    role = theme.ROLES["bound"]
    assert theme.line("bound") == {"color": role.light, "linestyle": role.linestyle}
    assert theme.points("bound") == {"color": role.light, "linestyle": "none", "marker": role.marker}
    assert theme.color("ink") == theme.INK


def test_an_unknown_role_is_refused_with_the_names_there_are():
    for ask in (theme.color, theme.line, theme.points, theme.fill, theme.tint, theme.shades):
        with pytest.raises(ValueError, match="expected a role of old, new, bound, accent, muted, got 'blue'"):
            ask("blue")


def test_series_are_roles():
    assert set(theme.SERIES) <= set(theme.ROLES)


def test_a_fill_has_a_faint_face_and_a_full_edge():
    face = theme.fill("old", opacity=0.1)
    assert face["facecolor"] == matplotlib.colors.to_rgba(theme.ROLES["old"].light, 0.1)
    assert face["edgecolor"] == theme.ROLES["old"].light


def test_a_tint_has_a_faint_face_no_edge_and_is_decoration_in_the_page():
    with theme.figure() as (figure, axes):
        axes.axvspan(0, 1, **theme.tint("new", opacity=0.2))
        text = theme.picture(figure, alt="A span.").svg
    (tint,) = re.findall(r'<g class="decoration"><path [^>]*style="([^"]*)"', text)
    assert tint.startswith("fill:var(--new, #bf4f00);fill-opacity:0.2")
    assert not re.search(r"stroke:(?!none)", tint)


def test_shades_run_from_nothing_to_the_fullest_shade_of_one_colour():
    colours = np.array(theme.shades("new", steps=5).colors)
    np.testing.assert_allclose(
        colours[:, :3], np.tile(matplotlib.colors.to_rgb(theme.ROLES["new"].light), (5, 1))
    )
    np.testing.assert_allclose(colours[:, 3], theme.MAX_OPACITY * np.array([0, 0.25, 0.5, 0.75, 1]))


def test_diverging_shades_are_full_at_both_ends_and_nothing_in_the_middle():
    colours = theme.diverging("old", "new", steps=3).colors
    assert len(colours) == 5
    assert colours[0] == matplotlib.colors.to_rgba(theme.ROLES["old"].light, theme.MAX_OPACITY)
    assert colours[1][:3] == matplotlib.colors.to_rgb(theme.ROLES["old"].light)
    assert colours[2][3] == 0
    assert colours[4] == matplotlib.colors.to_rgba(theme.ROLES["new"].light, theme.MAX_OPACITY)


def test_the_style_sheet_gives_every_role_its_colour_in_both_themes():
    light, dark = re.fullmatch(r':root\{(.*)\}\nhtml\[data-theme="dark"\]\{(.*)\}\n', theme.css()).groups()
    light, dark = (dict(re.findall(r"--(\w+):([^;]+);", block)) for block in (light, dark))
    assert {name: (light[name], dark[name]) for name in dark} == {
        name: (role.light, role.dark) for name, role in theme.ROLES.items()
    }
    assert light["ink"] == "var(--pst-color-text-base)"  # the site's own text colour, in both themes


def sine():
    with theme.figure(height=2) as (figure, axes):
        axes.plot([0, 1, 2], [0, 1, 0], label="new", **theme.line("new"))
        axes.set(title="a title", xlabel="a label")
        axes.legend()
        return theme.picture(figure, alt="A tent.")


def test_a_figure_does_not_depend_on_the_readers_settings():
    plain = sine()
    with matplotlib.rc_context(
        {"font.size": 30, "axes.grid": True, "lines.linewidth": 9, "svg.fonttype": "path"}
    ):
        assert sine() == plain


def test_a_figure_leaves_the_readers_settings_and_pyplot_alone():
    with matplotlib.rc_context({"font.size": 30}):
        before = dict(matplotlib.rcParams)
        sine()
        assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_settings_come_back_after_an_error_in_the_drawing():
    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError), theme.figure() as (_, axes):
        axes.plot([1 / 0])
    assert dict(matplotlib.rcParams) == before


def test_a_figure_has_the_size_and_the_panels_that_were_asked_for():
    with theme.figure(width=4, height=3, rows=2, cols=3, sharex=True) as (figure, panels):
        assert panels.shape == (2, 3)
        assert tuple(figure.get_size_inches()) == (4, 3)
    assert 'viewBox="0 0 288 216"' in theme.picture(figure, alt="Six panels.").svg  # 72 points to the inch


def test_no_label_is_cut_off():
    with theme.figure(width=3, height=2) as (figure, axes):
        axes.set(ylabel="a label\nof two lines", xlabel="x", title="above")
        theme.picture(figure, alt="Empty axes.")
        box = figure.get_tightbbox()
    half_a_pixel = 0.5 / 96
    assert -half_a_pixel <= box.x0 < box.x1 <= 3 + half_a_pixel
    assert -half_a_pixel <= box.y0 < box.y1 <= 2 + half_a_pixel


def test_text_axes_and_unstyled_shapes_take_the_colour_of_the_page():
    with theme.figure() as (figure, axes):
        axes.annotate("here", (0.5, 0.5), (0.1, 0.1), arrowprops={"arrowstyle": "->"})
        axes.bar([0], [1], color="black")  # matplotlib writes no fill for black: the whole drawing has it
        drawn = theme.picture(figure, alt="An arrow and a bar.").svg
    assert set(re.findall(r"(?:fill|stroke):([^;\"]+)", drawn)) == {"none", "currentColor"}
    assert drawn.index('fill="currentColor"') < drawn.index(">")


def test_a_curve_follows_the_variable_of_its_role():
    assert "stroke:var(--new, #bf4f00)" in sine().svg
