"""An ablation as a figure: what is left of the result when one part of the method is taken away."""

from trpo_lesson.show import theme


def ablation(rows, *, quantity="return", target=None):
    """A dot for each interquartile mean, a bar for its interval; the first row judges the others.

    rows  (label, iqm, low, high), from top to bottom; the interval of the first goes through as a shade
    Raises ValueError for no row, and where an interval does not hold its mean.
    """
    _require_rows(rows)
    with theme.figure(height=_height(rows)) as (figure, axes):
        _draw(axes, rows, quantity, target)
        return theme.picture(figure, alt=f"Ablation, {quantity}. {_in_words(rows, target)}")


def ablations(tables, *, targets):
    """The `ablation` of each environment, one below the other, with the target of its name.

    tables  name -> the rows of `sampled.outcomes.table`, in which no row may be of a single run
    """
    columns = ("label", "iqm", "low", "high")
    rows = {name: [tuple(row[column] for column in columns) for row in tables[name]] for name in tables}
    for each in rows.values():
        _require_rows(each)
    height, ratios = sum(map(_height, rows.values())), [len(each) for each in rows.values()]
    with theme.figure(height=height, rows=len(rows), squeeze=False, height_ratios=ratios) as (figure, panels):
        figure.get_layout_engine().set(hspace=0.06)  # the legend of a panel is not the name of an axis
        for axes, (name, each) in zip(panels.flat, rows.items(), strict=True):
            _draw(axes, each, f"{name}, return", targets[name])
        said = " ".join(f"{name}: {_in_words(each, targets[name])}" for name, each in rows.items())
        return theme.picture(figure, alt=f"Ablations, return. {said}")


def _require_rows(rows):
    if not rows:
        raise ValueError("rows: expected at least one, got none")
    for label, iqm, low, high in rows:
        if not low <= iqm <= high:
            raise ValueError(f"{label}: expected an interval that holds {iqm:g}, got {low:g} to {high:g}")


def _height(rows):
    return 1.1 + 0.38 * len(rows)


def _draw(axes, rows, quantity, target):
    labels, means, lows, highs = zip(*rows, strict=True)
    axes.axvspan(lows[0], highs[0], **theme.tint("old"))
    for place, (mean, low, high) in enumerate(zip(means, lows, highs, strict=True)):
        role = "new" if place else "old"
        axes.plot([low, high], [place, place], linewidth=2, color=theme.color(role))
        axes.plot(mean, place, **theme.points(role))
    if target is not None:
        axes.axvline(target, label=f"target {target:g}", linewidth=1.2, **theme.line("muted"))
        theme.legend_above(axes)
    axes.set_yticks(range(len(rows)), labels)
    axes.set(xlabel=f"{quantity}: interquartile mean, 95 % interval", ylim=(len(rows) - 0.4, -0.6))


def _in_words(rows, target):
    said = "; ".join(f"{label} {iqm:.4g} ({low:.4g} to {high:.4g})" for label, iqm, low, high in rows)
    goal = "" if target is None else f" The target is {target:g}."
    return f"Interquartile mean and 95 % interval: {said}.{goal}"
