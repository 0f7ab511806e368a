"""make audit shows every goal that was missed, and the median of several visits."""

import audit
import pytest


@pytest.mark.parametrize(
    ("number", "goal", "missed"),
    [
        (95, ">= 95", False),
        (94, ">= 95", True),
        (1.5, "<= 1.5", False),
        (1.51, "<= 1.5", True),
        (7, "", False),
    ],
)
def test_a_goal_that_was_missed_stands_out(number, goal, missed):
    measure = audit.Measure(number, goal)
    assert measure.missed == missed
    assert str(measure) == (f"**{number}** (goal {goal})" if missed else str(number))


def report(score, paint=1000.0):
    """What Lighthouse reports, as far as it is read."""
    audits = {"largest-contentful-paint": paint, "cumulative-layout-shift": 0.03, "total-blocking-time": 12.4}
    return {
        "categories": {key: {"score": score} for key in audit.CATEGORIES},
        "audits": {key: {"numericValue": value} for key, value in audits.items()} | {"font-size": {}},
        "environment": {"benchmarkIndex": 1500.5},
    }


@pytest.mark.parametrize(("scores", "middle"), [([0.9, 0.1, 0.5], 0.5), ([0.9, 0.1], 0.1), ([0.7], 0.7)])
def test_the_median_visit_is_shown(scores, middle):
    assert audit.median([report(score) for score in scores]) == report(middle)


def test_goals_are_those_of_a_desktop():
    missed = {
        kind: [name for name, measure in audit.measures(report(0.99, 2000.0), kind).items() if measure.missed]
        for kind in audit.KINDS
    }
    assert missed == {"desktop": ["largest paint, s", "layout shift"], "mobile": []}
    assert audit.measures(report(0.946), "desktop")["SEO"] == audit.Measure(95, ">= 95")


def test_every_chapter_has_its_limit_and_exercises_have_none():
    seconds = {
        "book/03_compare": 15.2,
        "book/15_train": 80.0,
        "book/exercises/03_compare": 99.0,
        "book/errata": 99.0,
    }
    rows = audit.executions(seconds)
    assert {name: row["seconds to run"].missed for name, row in rows.items()} == {
        "03_compare": True,
        "15_train": False,
    }


def test_the_table_is_markdown():
    rows = {"a": {"x": audit.Measure(1), "y": "b"}, "c": {"x": audit.Measure(3, "<= 2"), "y": "d"}}
    assert audit.table("What", rows) == (
        "| What | x | y |\n| --- | --- | --- |\n| a | 1 | b |\n| c | **3** (goal <= 2) | d |\n"
    )
