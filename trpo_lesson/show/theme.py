"""One house style: colours with fixed roles, and figures that take the theme of the page they stand on.

A figure is drawn with the light colours of `ROLES`. When it is serialised, every role becomes a CSS variable
with that light colour as fallback, and text and axes become `currentColor`: so one inline SVG is right on a
light page, on a dark page and in a notebook, with no script and no inversion.

    with theme.figure(height=3) as (figure, axes):
        axes.plot(alphas, eta, label="new policy", **theme.line("new"))
        axes.legend()
        return theme.picture(figure, alt="The return rises with alpha up to 0.4 and falls after it.")
"""

import contextlib
from dataclasses import dataclass

import matplotlib
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure

from trpo_lesson.show import svg


@dataclass(frozen=True)
class Role:
    """How a role looks: its colour on a light and on a dark page, and dashes and a marker that say the same.

    Each colour has contrast >= 4.5 on the page of its theme, so that text may carry it too; the light one has
    >= 3 on a dark notebook, where it is the fallback. Under simulated colour blindness the roles stay apart.
    """

    light: str
    dark: str
    linestyle: object
    marker: str


ROLES = {
    "old": Role("#0072b2", "#56b4e9", "-", "o"),  # the old policy, what we stand on
    "new": Role("#bf4f00", "#f07d2e", (0, (6, 1.5)), "s"),  # the new policy, what we are after
    "bound": Role("#527f46", "#6fbf73", (0, (6, 1.5, 1, 1.5)), "^"),  # a bound, a limit, a target
    "accent": Role("#7548e6", "#9b7bff", (0, (1, 1)), "D"),  # the one thing to look at
    "muted": Role("#676b73", "#a6abb3", (0, (3, 2)), "x"),  # references and context
}
SERIES = ("old", "new", "bound", "accent")  # curves without a role of their own take them in this order
INK = "#222832"  # text and axes: drawn with this, serialised as currentColor
BLACK = "#000000"  # matplotlib's own choice where nobody chose, such as arrows: it is ink as well
MAX_OPACITY = 0.45  # of filled fields: text on them keeps its contrast

STYLE = {
    "font.family": ["DejaVu Sans"],  # layouts are measured with it: wider than the fonts of most pages
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 2.8,  # long enough to tell the dashes apart
    "lines.linewidth": 2,
    "lines.markersize": 5,
    "lines.markeredgewidth": 1.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "trpo_lesson",
} | dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK)


def css():
    """The style sheet that gives the roles their colours on a light and on a dark page."""
    light = "".join(f"--{name}:{role.light};" for name, role in ROLES.items())
    dark = "".join(f"--{name}:{role.dark};" for name, role in ROLES.items())
    ink = "--ink:var(--pst-color-text-base);"
    return f':root{{{light}{ink}}}\nhtml[data-theme="dark"]{{{dark}}}\n'


def color(role):
    """The colour of `role` (a key of ROLES, or "ink") for matplotlib; ValueError for any other name."""
    if role == "ink":
        return INK
    return _role(role).light


def line(role):
    """Keyword arguments of `axes.plot` for a curve of this role: colour and dashes."""
    return {"color": color(role), "linestyle": _role(role).linestyle}


def points(role):
    """Keyword arguments of `axes.plot` for the measured points of this role: colour and marker, no line."""
    return {"color": color(role), "linestyle": "none", "marker": _role(role).marker}


def fill(role, *, opacity=0.25):
    """Keyword arguments of `axes.bar`, `fill_between` and patches: a faint face, a full edge."""
    return {"facecolor": to_rgba(color(role), opacity), "edgecolor": color(role), "linewidth": 1.2}


def tint(role, *, opacity=0.1):
    """Keyword arguments of `axes.axvspan` and patches: a faint face, no edge, behind marks that say the same.

    It becomes an element of the class "decoration", of which no contrast is asked.
    """
    return {"facecolor": to_rgba(color(role), opacity), "linewidth": 0, "gid": svg.DECORATION}


def shades(role, *, steps=9):
    """A colormap for `axes.pcolormesh` from nothing to MAX_OPACITY of this role, in `steps` steps."""
    return ListedColormap([to_rgba(color(role), MAX_OPACITY * i / (steps - 1)) for i in range(steps)])


def diverging(negative, positive, *, steps=9):
    """A colormap from `negative` over nothing in the middle to `positive`: `steps` steps on each side."""
    sides = shades(negative, steps=steps).colors[:0:-1], shades(positive, steps=steps).colors
    return ListedColormap([*sides[0], *sides[1]])


def number(value, spec="g"):
    """`value` as text for a figure, formatted by `spec`, with the minus sign that matplotlib's axes have."""
    return format(value, spec).replace("-", "\N{MINUS SIGN}")


@contextlib.contextmanager
def figure(*, width=5.6, height=3.4, rows=1, cols=1, **subplots):
    """Open a figure (size in inches) in house style: yields (figure, axes) as `Figure.subplots` gives them.

    Draw inside the `with`: there the style holds, whatever the reader's matplotlib is set to. No pyplot,
    nothing to close. The default width keeps text readable on a telephone; a wide page does not blow it up.
    """
    with _house_style():
        canvas = Figure(figsize=(width, height))
        yield canvas, canvas.subplots(rows, cols, **subplots)


def legend_above(axes, *, ncols=1):
    """The legend of the axes above its field, where it hides no data."""
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=ncols)


def picture(figure, *, alt):
    """The finished `figure` as a `svg.Picture`; `alt` says in words what it shows.

    Raises ValueError for an empty `alt`, a colour without a role and a bitmap: the last two follow no theme.
    """
    variables = {role.light: f"var(--{name}, {role.light})" for name, role in ROLES.items()}
    variables |= {INK: "currentColor", BLACK: "currentColor"}
    with _house_style():
        return svg.Picture(svg.serialise(figure, variables), alt)


@contextlib.contextmanager
def _house_style():
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def _role(name):
    if name not in ROLES:
        raise ValueError(f"expected a role of {', '.join(ROLES)}, got {name!r}")
    return ROLES[name]
