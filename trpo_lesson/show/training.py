"""Figures of the updates of a run: the KL they used, the steps they took, where their time went."""

import numpy as np
from matplotlib.ticker import FuncFormatter

from trpo_lesson.show import theme

PARTS = {  # of an update -> its role; the parts of `sampled.stopwatch`, in the order of the road
    "environment": "old",
    "policy": "new",
    "value_fit": "bound",
    "conjugate_gradient": "accent",
    "line_search": "muted",
    "rest": "ink",
}


def kl_used(kl, *, delta, accepted):
    """KL(old || new) of each update against the radius delta, in nats; rejected updates are crossed out.

    kl [K], accepted [K] of bool; delta a number, or [K] where it changes; the updates are numbered from 1.
    """
    kl, accepted, updates = np.asarray(kl), np.asarray(accepted, dtype=bool), np.arange(1, len(kl) + 1)
    delta = np.broadcast_to(delta, kl.shape)
    with theme.figure(height=2.8) as (figure, axes):
        axes.plot(updates, delta, label=f"radius δ {_from_to(delta)}", **theme.line("bound"))
        _accepted_and_rejected(axes, kl, accepted)
        axes.set(xlabel="update", ylabel="KL(old ‖ new), nats", ylim=(0, None))
        outcome = f"{accepted.sum()} of them accepted: the largest is {kl.max():.3g}"
        alt = f"KL of {len(kl)} updates, {outcome}, the radius {_from_to(delta)}."
        return theme.picture(figure, alt=alt)


def step_lengths(lengths):
    """Which fraction of the proposed step each update took, 1, 1/2, 1/4, ...; rejected ones at the bottom.

    lengths [K], 0 where the update was rejected; the updates are numbered from 1.
    """
    lengths = np.asarray(lengths, dtype=float)
    accepted = lengths > 0
    shortest = lengths[accepted].min(initial=1)
    shown = np.where(accepted, lengths, shortest / 2)
    with theme.figure(height=2.8) as (figure, axes):
        _accepted_and_rejected(axes, shown, accepted)
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}" if y >= shortest else "0"))
        axes.set(xlabel="update", ylabel="fraction of the step", ylim=(shown.min() / 1.25, 1.25))
        axes.minorticks_off()
        outcome = f"{(lengths == 1).sum()} took the whole step; rejected: {(~accepted).sum()}"
        alt = f"Step lengths of {len(lengths)} updates: {outcome}; the shortest taken is {shortest:g}."
        return theme.picture(figure, alt=alt)


def time_shares(seconds, *, labels):
    """Where the time of each run went: a bar for each label, stacked from the percentages of its parts.

    seconds  one entry per label: a dict part -> seconds, a number or one for each update; its parts are PARTS
    """
    for spent in seconds:
        if set(spent) != set(PARTS):
            raise ValueError(f"expected the parts {list(PARTS)}, got {list(spent)}")
    shares = [{part: 100 * np.sum(spent[part]) / _total(spent) for part in PARTS} for spent in seconds]
    with theme.figure(height=1.4 + 0.45 * len(labels)) as (figure, axes):
        start = np.zeros(len(labels))
        for part, role in PARTS.items():
            width = np.array([share[part] for share in shares])
            look = theme.fill(role, opacity=0.2)
            axes.barh(range(len(labels)), width, left=start, height=0.6, label=_name(part), **look)
            start += width
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="share of the time, %", xlim=(0, 100), ylim=(len(labels) - 0.5, -0.5))
        figure.legend(loc="outside upper center", ncols=3)  # wider than the field
        return theme.picture(figure, alt=f"Where the time goes. {_shares_in_words(labels, shares)}")


def seconds_of(histories):
    """part -> seconds of all updates of all these runs, for `time_shares`; records as `train` yields them."""
    records = [record for history in histories for record in history]
    return {part: sum(record.seconds[part] for record in records) for part in PARTS}


def _accepted_and_rejected(axes, values, accepted):
    """Points over the number of the update from 1, in their two kinds, and a legend for them above."""
    updates = np.arange(1, len(values) + 1)
    for chosen, label, role in ((accepted, "accepted", "new"), (~accepted, "rejected", "muted")):
        if chosen.any():
            axes.plot(updates[chosen], values[chosen], label=label, clip_on=False, **theme.points(role))
    axes.xaxis.get_major_locator().set_params(integer=True)
    theme.legend_above(axes, ncols=3)


def _from_to(delta):
    return f"= {delta[0]:g}" if delta[0] == delta[-1] else f"from {delta[0]:.2g} to {delta[-1]:.2g}"


def _total(spent):
    return sum(np.sum(each) for each in spent.values())


def _name(part):
    return part.replace("_", " ")


def _shares_in_words(labels, shares):
    """Every share in percent, the largest first."""
    said = []
    for label, share in zip(labels, shares, strict=True):
        ordered = sorted(share.items(), key=lambda each: -each[1])
        said.append(f"{label}: " + ", ".join(f"{_name(part)} {percent:.0f} %" for part, percent in ordered))
    return f"{'; '.join(said)}."
