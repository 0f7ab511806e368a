"""Chapter 4: how often states are visited, what a new policy gains in each, and how far visits can move."""

import numpy as np

from trpo_lesson.show import theme

ROUNDING = 1e-12  # a gain below this is none
BESIDE = 0.42  # of a state: there a mark lies on no bar and on no number


def gains_and_visits(names, gains, rho_old, rho_new, *, title, gain_limits=None, product_limits=None):
    """Three panels over the states: gain of a visit, visits (logarithmic), and gain times the new visits.

    names            [S]  what stands under the states
    gains            [S]  sum_a pi_new(a|s) A_old(s, a)
    rho_old, rho_new [S]  discounted visits of the two policies, all positive
    The last panel tells the sums: the change of the return, and what the old visits would make of it.
    """
    states, products, promised = np.arange(len(gains)), rho_new * gains, rho_old * gains
    with theme.figure(height=6.6, rows=3, sharex=True) as (figure, (gain, visits, product)):
        _draw_signed(gain, gains)
        gain.set(ylabel="gain of a visit", ylim=gain_limits)
        gain.set_title(title)
        visits.semilogy(states, rho_old, label="visits, old policy", **theme.points("old"))
        visits.semilogy(states, rho_new, label="visits, new policy", **theme.points("new"))
        visits.set(ylabel="visits", ylim=(min(rho_old.min(), rho_new.min()) / 5, 400))
        _powers(visits, [1e-4, 1e-2, 1])
        visits.legend(loc="upper center", ncols=2)
        _draw_signed(product, products)
        sums = [theme.number(x.sum() + 0.0, "+.2f") for x in (products, promised)]
        product.plot(states + BESIDE, promised, **theme.points("old"))
        sums_in_words = f"bars, new visits: sum {sums[0]}", f"circles, old visits: sum {sums[1]}"
        for height, words, role in zip((0.97, 0.83), sums_in_words, ("ink", "old"), strict=True):
            place = {"transform": product.transAxes, "ha": "right", "va": "top", "fontsize": 10}
            product.text(0.99, height, words, color=theme.color(role), **place)
        product.set(ylabel="gain × visits", ylim=product_limits, xlabel="state")
        product.set_xticks(states, names)
        return theme.picture(figure, alt=_gains_words(names, gains, rho_old, rho_new, title))


def _draw_signed(axes, heights):
    """A bar for each state, coloured by its sign, with its number outside of it unless it rounds to 0."""
    for sign, role in ((1, "new"), (-1, "accent")):
        seen = np.flatnonzero(sign * heights > ROUNDING)
        bars = axes.bar(seen, heights[seen], width=0.6, **theme.fill(role, opacity=0.4))
        numbers = [theme.number(h, "+.2f") if abs(h) >= 0.005 else "" for h in heights[seen]]
        axes.bar_label(bars, numbers, padding=2, fontsize=10)
    axes.axhline(0, linewidth=0.8, color=theme.color("ink"))
    axes.margins(y=0.25)


def _gains_words(names, gains, rho_old, rho_new, title):
    products = rho_new * gains
    worst, total, promised = products.argmin(), products.sum(), rho_old @ gains
    return (
        f"{title}. {sum(gains > ROUNDING)} of {len(gains)} states gain at a visit, "
        f"{sum(gains < -ROUNDING)} lose. The state that costs most is {names[worst]}: {gains[worst]:.2f} "
        f"a visit, {rho_old[worst]:.2g} visits before and {rho_new[worst]:.2g} after, so it costs "
        f"{products[worst]:.2f}. The sum over all states is {total + 0.0:+.2f}; with the old visits it would "
        f"be {promised + 0.0:+.2f}."
    )


def _powers(axes, at):
    """Ticks of a logarithmic axis, written out."""
    axes.set_yticks(at, [f"{y:g}" for y in at])
    axes.minorticks_off()


def two_shares(names, d, undiscounted, *, steps):
    """The share of each state in the discounted visits, d [S], and among the first `steps` steps alike."""
    states = np.arange(len(d))
    with theme.figure(height=3.2) as (figure, axes):
        axes.vlines(states, d, undiscounted, color=theme.color("ink"))
        axes.semilogy(states, undiscounted, label=f"all of {steps} steps alike", **theme.points("accent"))
        axes.semilogy(states, d, label="a visit at t counts γᵗ", **theme.points("new"))
        axes.set(xlabel="state", ylabel="share", xlim=(-0.5, len(d) - 0.5), ylim=(min(d) / 2, 3))
        at = [0.01, 0.1, 1]
        axes.set_yticks(at, [f"{share:.0%}" for share in at])
        axes.set_xticks(states, names)
        axes.minorticks_off()
        axes.legend()
        ratios = undiscounted / d
        most = ratios.argmax()
        alt = (
            f"Shares of the states on a logarithmic axis. Without discount the share of {names[0]} is "
            f"{undiscounted[0]:.0%} instead of {d[0]:.0%}; {names[most]} is overrated most, "
            f"{ratios[most]:.1f} times: {undiscounted[most]:.1%} instead of {d[most]:.1%}."
        )
        return theme.picture(figure, alt=alt)


def visit_shift(p, shift, mean_bound, max_bound, *, p_old, largest):
    """How far the visits move with the new p, in the 1-norm, under two bounds and the largest possible shift.

    p, shift, mean_bound, max_bound [K]; where p is p_old all three are zero and nothing is drawn.
    """
    apart = np.where(np.abs(p - p_old) > ROUNDING, 1.0, np.nan)
    with theme.figure(height=3.6) as (figure, axes):
        axes.axhline(largest, label=f"nothing can exceed {largest:g}", **theme.line("muted"))
        axes.semilogy(p, mean_bound * apart, label="bound by mean TV", **theme.line("bound"))
        axes.semilogy(p, max_bound * apart, label="bound by largest TV", **theme.line("accent"))
        axes.semilogy(p, shift * apart, label="true shift", **theme.line("new"))
        axes.set(xlabel=f"p of the new policy (old: {p_old:g})", ylabel="shift of the visits")
        axes.set(xlim=(p[0], p[-1]), ylim=(0.05, 4000))
        _powers(axes, [0.1, 1, 10, 100])
        axes.legend(ncols=2, loc="upper center")
        first = p[p > p_old][mean_bound[p > p_old] > largest][0]
        below = "stays" if (max_bound <= largest).all() else "does not stay"
        above = "lie" if (np.minimum(mean_bound, max_bound) >= shift - ROUNDING).all() else "do not lie"
        alt = (
            f"The shift of the visits over p. It is zero at p {p_old:g}, grows to both sides and is "
            f"{shift[-1]:.1f} at p {p[-1]:g}. Both bounds {above} above it everywhere. From p {first:.2f} on "
            f"the bound by the mean TV exceeds the largest possible shift {largest:g}; the bound by the "
            f"largest TV {below} below it and is {max_bound[-1]:.1f} at p {p[-1]:g}."
        )
        return theme.picture(figure, alt=alt)
