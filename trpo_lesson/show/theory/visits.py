"""Chapters 1 and 4: a gridworld as a map, what is drawn on its cells, and how an average settles."""

from dataclasses import dataclass, field

import numpy as np

from trpo_lesson.show import theme

STEPS = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])  # of up, right, down, left as (column, row) on the map
LONGEST = 0.34  # of an arrow, in cells
APART = 0.06  # from the middle to where an arrow begins, in cells: arrows that overlap cannot be told apart
FULL = 0.6  # the share of all visits from which on a cell has the fullest shade: FULL or more look alike


@dataclass(frozen=True)
class Map:
    """The shape of a gridworld: cells (row, column), walls that nobody enters, ends that nobody leaves.

    names  {(row, column): word}: what stands in the cell besides its number
    """

    rows: int
    columns: int
    walls: tuple = ()
    ends: tuple = ()
    names: dict = field(default_factory=dict)

    def cell(self, s):
        """(row, column) of the state s = row * columns + column."""
        return divmod(int(s), self.columns)

    def name(self, s):
        """What a sentence calls the state s: its word, if it has one, and its row and column from 0."""
        row, column = self.cell(s)
        word = self.names.get((row, column))
        return f"{f'{word}, ' if word else ''}row {row}, column {column}"

    def states(self, *, without=()):
        """The states of all cells that are neither walls nor in `without`."""
        left_out = {*self.walls, *without}
        return [s for s in range(self.rows * self.columns) if self.cell(s) not in left_out]


def world(place, pi):
    """The map with the number of each state, and an arrow for the probability of each move of pi [S, 4]."""
    with theme.figure(height=_height(place)) as (figure, axes):
        _draw_cells(axes, place)
        _write(axes, place, {s: str(s) for s in place.states()})
        _draw_arrows(axes, place, pi)
        named = [f"{word} at row {row}, column {column}" for (row, column), word in place.names.items()]
        alt = (
            f"A map of {place.rows} rows and {place.columns} columns: {'; '.join(named)}. {_moves(place, pi)}"
        )
        return theme.picture(figure, alt=alt)


def values(place, V, pi):
    """V [S] on the map, coloured by sign and size, and the moves of pi [S, 4] where the policy decides."""
    V = np.asarray(V)
    with theme.figure(height=_height(place)) as (figure, axes):
        bound = max(np.abs(V).max(), np.finfo(float).tiny)
        shades = {"cmap": theme.diverging("accent", "old"), "vmin": -bound, "vmax": bound}
        _draw_cells(axes, place, V, **shades)
        _write(axes, place, {s: theme.number(round(V[s], 2) + 0.0, ".2f") for s in place.states()})
        _draw_arrows(axes, place, pi)
        inner = place.states(without=place.ends)
        low, high = min(inner, key=V.__getitem__), max(inner, key=V.__getitem__)
        alt = (
            f"Values on the map. The lowest is {V[low]:.2f} ({place.name(low)}), the highest {V[high]:.2f} "
            f"({place.name(high)}); {sum(V[inner] < 0)} of the {len(inner)} cells in which the policy still "
            f"decides have a negative value. {_moves(place, pi)}"
        )
        return theme.picture(figure, alt=alt)


def shares(place, d, *, title):
    """The share d [S] of all discounted visits that each cell has; the shade grows with the root of d."""
    d = np.asarray(d)
    with theme.figure(height=_height(place) + 0.3) as (figure, axes):
        shades = {"cmap": theme.shades("new"), "vmin": 0, "vmax": np.sqrt(FULL)}
        _draw_cells(axes, place, np.sqrt(np.clip(d, 0, FULL)), **shades)
        _write(axes, place, {s: _percent(d[s]) for s in place.states()}, height=0.5, between="\n")
        axes.set_title(title)
        first, second = np.argsort(-d, kind="stable")[:2]
        alt = (
            f"{title}. The largest shares of the visits: {_percent(d[first])} ({place.name(first)}) and "
            f"{_percent(d[second])} ({place.name(second)}). {sum(d >= 0.01)} cells have 1% or more."
        )
        return theme.picture(figure, alt=alt)


def spread(sizes, measured, sigma):
    """The spread of averages over N samples, measured for each N of `sizes`, and sigma / sqrt(N)."""
    with theme.figure() as (figure, axes):
        ends = np.array([min(sizes) / 1.5, max(sizes) * 1.5])
        axes.loglog(ends, sigma / np.sqrt(ends), label="σ / √N", **theme.line("muted"))
        axes.loglog(sizes, measured, label="measured", **theme.points("old"))
        axes.set(xlabel="paths N in an average", ylabel="spread of the averages", xlim=ends)
        axes.set_xticks(sizes, [f"{n:,}" for n in sizes])
        at = [0.003, 0.01, 0.03, 0.1]
        axes.set_yticks(at, [f"{y:g}" for y in at])
        axes.minorticks_off()
        axes.legend()
        off = np.abs(np.multiply(measured, np.sqrt(sizes)) / sigma - 1).max()
        alt = (
            f"Averages over {sizes[0]:,} paths spread by {measured[0]:.3f}, over {sizes[-1]:,} paths by "
            f"{measured[-1]:.4f}. All points are within {off:.0%} of the line sigma / sqrt(N)."
        )
        return theme.picture(figure, alt=alt)


def _height(place):
    """Of the figure, in inches, for square cells across the usual width."""
    return 5.5 * place.rows / place.columns


def _draw_cells(axes, place, numbers=None, **shades):
    """The cells, shaded by `numbers` [S] if there are any; walls are grey."""
    axes.set(xlim=(0, place.columns), ylim=(place.rows, 0), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    field = np.zeros((place.rows, place.columns)) if numbers is None else np.array(numbers, dtype=float)
    shades = shades or {"cmap": theme.shades("muted"), "vmin": 0, "vmax": 1}
    edges = {"edgecolors": theme.color("ink"), "linewidth": 0.8}  # ink: seen beside the fullest shade too
    axes.pcolormesh(field.reshape(place.rows, place.columns), **edges, **shades)
    for row, column in place.walls:
        grey = theme.fill("muted", opacity=theme.MAX_OPACITY) | {"edgecolor": theme.color("ink")}
        axes.bar(column, 1, width=1, bottom=row, align="edge", **grey)
        axes.text(column + 0.5, row + 0.5, place.names.get((row, column), "wall"), ha="center", va="center")


def _write(axes, place, texts, *, height=0.18, between=" "):
    """The word of each cell, if it has one, and its text: above the arrows, or at another height."""
    for s, text in texts.items():
        row, column = place.cell(s)
        words = f"{place.names.get((row, column), '')}{between}{text}".strip()
        axes.text(column + 0.5, row + height, words, ha="center", va="center", size=11)


def _draw_arrows(axes, place, pi):
    """The moves of `pi` in every cell where it decides: lengths in proportion to the probabilities."""
    states = place.states(without=place.ends)
    row, column = np.array([place.cell(s) for s in states]).T
    lengths = LONGEST * np.asarray(pi)[states] / np.max(pi)
    for move in range(len(STEPS)):
        seen = lengths[:, move] > 0
        across, down = lengths[seen, move, None].T * STEPS[move][:, None]
        tails = column[seen] + 0.5 + APART * STEPS[move][0], row[seen] + 0.57 + APART * STEPS[move][1]
        kind = {"angles": "xy", "scale_units": "xy", "scale": 1, "units": "inches", "width": 0.025}
        axes.quiver(*tails, across, down, color=theme.color("ink"), minlength=0, **kind)


def _moves(place, pi):
    """In words: one habit for all cells, or how many cells prefer which move."""
    rows = np.asarray(pi)[place.states(without=place.ends)]
    names = ("up", "right", "down", "left")
    if np.ptp(rows, axis=0).max() == 0:
        chances = ", ".join(f"{name} {p:.0%}" for name, p in zip(names, rows[0], strict=True))
        return f"In every cell the arrows have the same lengths: {chances}."
    likeliest = np.bincount(rows.argmax(axis=1), minlength=len(names))
    counts = ", ".join(f"{name} in {n}" for name, n in zip(names, likeliest, strict=True))
    return f"The likeliest move is {counts} cells."


def _percent(share):
    """A share as text; what is there but rounds to nothing is less than 1%."""
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
