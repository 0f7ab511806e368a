"""Chapter 10: averages of weighted draws, the weights of long paths, the errors of paths and of steps."""

import numpy as np

from trpo_lesson.show import theme


def running_means(counts, runs, *, truth):
    """Averages of the first n weighted draws, a few independent runs in each panel; n on a logarithmic axis.

    counts [K]  n
    runs        name -> [R, K], one panel for each name
    """
    with theme.figure(height=2.7 * len(runs), rows=len(runs), sharex=True, sharey=True, squeeze=False) as (
        figure,
        panels,
    ):
        for axes, (name, means) in zip(panels[:, 0], runs.items(), strict=True):
            for i, (mean, role) in enumerate(zip(means, theme.SERIES, strict=False)):
                axes.plot(counts, mean, label=f"run {i + 1}", linewidth=1.4, **theme.line(role))
            axes.axhline(truth, label="truth", linewidth=1, color=theme.color("ink"))
            axes.set(xscale="log", yscale="log", ylabel="average so far", title=name)
        panels[-1, 0].set(xlabel="draws")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
        said = "; ".join(
            f"{name}: from {means[:, -1].min():.2f} to {means[:, -1].max():.2f}, with rises of up to "
            f"{np.diff(means, axis=1)[:, len(counts) // 3 :].max():.2f} from one point to the next"
            for name, means in runs.items()
        )
        alt = (
            f"Running averages of weighted draws; the truth is {truth:g}. After {counts[-1]:,} draws, {said}."
        )
        return theme.picture(figure, alt=alt)


def weight_explosion(lengths, exact, variances, sizes, *, N):
    """The variance of the weights of N paths, above, and their effective sample size, below; log axes.

    lengths [K]  the numbers of decisions in a path
    exact        name -> E w^2 [K]: drawn as the variance E w^2 - 1, and as the share N / E w^2
    variances    name -> [K], of N weights drawn
    sizes        name -> [K], their effective sample sizes
    """
    with theme.figure(height=6.8, rows=2, sharex=True) as (figure, (above, below)):
        for (name, second), role in zip(exact.items(), theme.SERIES, strict=False):
            for axes, curve, marks in (
                (above, second - 1, variances[name]),
                (below, N / second, sizes[name]),
            ):
                axes.plot(lengths, curve, label=f"{name}: exact", **theme.line(role))
                axes.plot(lengths, marks, label=f"{name}: {N:,} paths", **theme.points(role))
        below.axhline(N / 2, label="half of the sample", linewidth=1, **theme.line("muted"))
        above.set(yscale="log", ylabel="variance of the weights")
        below.set(
            yscale="log", ylabel="effective sample size", ylim=(0.5, 2 * N), xlabel="decisions in a path"
        )
        figure.legend(*below.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        said = " ".join(
            f"{name}: after {lengths[-1]} decisions the exact variance is {second[-1] - 1:.3g}, that of the "
            f"sample {variances[name][-1]:.3g}; the effective sample size is {N / second[-1]:.2g} by the "
            f"formula and {sizes[name][-1]:.2g} in the sample."
            for name, second in exact.items()
        )
        alt = f"Weights of {N:,} paths, by their length: the exact variance grows exponentially. {said}"
        return theme.picture(figure, alt=alt)


def shifted(x, weights, *, shift, size, estimate, error):
    """A target moved by `shift`: where the draws x [N] lie and where they should, and the weights they get.

    size, estimate, error  the effective sample size, the estimate of the target's mean, its standard error
    """
    edges = np.linspace(-4, 6, 41)
    with theme.figure(height=5.4, rows=2) as (figure, (places, sizes)):
        density, _ = np.histogram(x, edges, density=True)
        places.stairs(density, edges, label="the draws", linewidth=1.4, color=theme.color("old"))
        grid = np.linspace(-4, 6, 101)
        target = np.exp(-((grid - shift) ** 2) / 2) / np.sqrt(2 * np.pi)
        places.plot(grid, target, label="the target", **theme.line("new"))
        places.set(xlabel="x", ylabel="density", ylim=(0, 0.75), xlim=(-4, 6))
        places.legend(loc="upper right")
        share = np.sort(weights)[::-1].cumsum() / np.sum(weights)
        sizes.plot(np.arange(1, len(x) + 1), share, label="share of the total", **theme.line("accent"))
        sizes.axvline(size, label=f"effective size {size:.0f} of {len(x)}", **theme.line("muted"))
        sizes.plot([], [], " ", label=f"estimate {theme.number(estimate, '.2f')} ± {error:.2f}")
        sizes.set(
            xscale="log", xlabel="largest weights, counted", ylabel="share of all weight", ylim=(0, 1.05)
        )
        figure.legend(*sizes.get_legend_handles_labels(), loc="outside lower center", ncols=1)
        alt = (
            f"The target lies {shift:g} to the right of the draws. The largest weight has {share[0]:.1%} of "
            f"all weight, the largest ten {share[9]:.1%}. The effective sample size is {size:.0f} of "
            f"{len(x)}. The target's mean is {shift:g}, the estimate {estimate:.2f} with standard error "
            f"{error:.2f}."
        )
        return theme.picture(figure, alt=alt)


def paths_or_steps(kl, bias, deviations, *, Ns):
    """The root mean squared error of the estimates of a gain from N paths, one panel for each N; log axes.

    kl [K]       of one decision
    bias [K]     of the single steps, absolute: the others have none
    deviations   name -> [K], the standard deviation of one path's estimate; "single steps" is the biased one
    """
    wrong = {name: bias * (name == "single steps") for name in deviations}
    errors = {
        N: {name: np.hypot(wrong[name], np.divide(s, np.sqrt(N))) for name, s in deviations.items()}
        for N in Ns
    }
    with theme.figure(height=3 * len(Ns) + 0.6, rows=len(Ns), sharex=True, squeeze=False) as (figure, panels):
        for axes, N in zip(panels[:, 0], Ns, strict=True):
            for (name, error), role in zip(errors[N].items(), ("accent", "new", "old"), strict=True):
                axes.plot(kl, error, label=name, **theme.line(role))
            axes.plot(kl, bias, label="bias of single steps", linewidth=1.2, **theme.line("muted"))
            low = min(error.min() for error in errors[N].values())
            axes.set(xscale="log", yscale="log", ylim=(low / 3, 60), title=f"{N:,} paths")
            axes.set(ylabel="root mean squared error", xlim=(kl[0], kl[-1]))
        panels[-1, 0].set(xlabel="KL of one decision, in nats")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        return theme.picture(figure, alt=_best_words(kl, errors))


def _best_words(kl, errors):
    """Which estimate has the smallest error from which KL on, for each number of paths."""
    said = []
    for N, curves in errors.items():
        names = list(curves)
        best = np.argmin(list(curves.values()), axis=0)
        starts = np.flatnonzero(np.diff(best, prepend=-1))
        spans = ", then ".join(f"{names[best[i]]} from {kl[i]:.2g} nats" for i in starts)
        said.append(f"With {N:,} paths the smallest error is that of {spans}.")
    return f"Errors of three estimates for KL from {kl[0]:.2g} to {kl[-1]:.2g} nats. {' '.join(said)}"
