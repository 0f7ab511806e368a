"""A page's policy allows what the page holds and nothing else; what the policy would break is named."""

import hashlib
from base64 import b64encode
from pathlib import Path

import content_security
import pytest

HEAD = '<!DOCTYPE html><html><head><meta charset="utf-8" />'
STRICT = (
    "default-src 'self'; script-src 'self'; style-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
RECORD = Path(__file__).parent.parent / "docs/decisions/content-security.md"
WIDGET = '<script type="application/vnd.jupyter.widget-state+json">{"a": "<b style=color:red>"}</script>'


def policy(html):
    """directive -> sources, of the page `html`."""
    written = content_security.policy(content_security.Page(html))
    return {name: sources for name, *sources in map(str.split, written.split("; "))}


def digest(text):
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_a_page_that_needs_no_exception_has_none():
    html = (
        f'{HEAD}<script src="a.js"></script><link rel="stylesheet" href="a.css"><img src="a.svg"><h1>A</h1>'
    )
    assert content_security.policy(content_security.Page(html)) == STRICT


@pytest.mark.parametrize("text", ["one()", "\n  if (1 < 2 && 'é') two();\n  // &amp; <b>\n", "&lt;"])
@pytest.mark.parametrize("tag", ["script", "style"])
def test_what_stands_inside_the_page_is_allowed_by_its_hash(tag, text):
    held = policy(f"{HEAD}<noscript><p></noscript><{tag}>{text}</{tag}><p>more</p>")
    assert held[f"{tag}-src"] == ["'self'", digest(text)]


def test_a_script_that_stands_twice_has_one_hash_and_data_has_none():
    html = (
        f'{HEAD}<script>a()</script><script type="module">a()</script><script type="text/x-data">b</script>'
    )
    assert policy(html)["script-src"] == ["'self'", digest("a()")]


EXCEPTIONS = {
    "a style attribute": ('<span style="height:1em"></span>', {"style-src-attr": ["'unsafe-inline'"]}),
    "the search": ('<script src="_static/searchtools.js?v=1">', {"style-src-attr": ["'unsafe-inline'"]}),
    "widgets": (
        WIDGET,
        {
            "script-src": ["'self'", "'unsafe-eval'"],
            "style-src": ["'self'", "'unsafe-inline'"],
            "img-src": ["'self'", "data:"],
        },
    ),
    "live cells": (
        "<button id=run-this-page data-live=../live/>",
        {
            "script-src": ["'self'", "'unsafe-eval'"],
            "style-src": ["'self'", "'unsafe-inline'"],
            "img-src": ["'self'", "data:", "blob:"],
        },
    ),
}


@pytest.mark.parametrize("what", EXCEPTIONS)
def test_a_page_is_allowed_what_it_holds_and_nothing_besides(what):
    held, allowed = EXCEPTIONS[what]
    assert policy(HEAD + held) == policy(HEAD) | allowed


def test_every_exception_is_tried_here_and_has_its_reason_on_record():
    record = RECORD.read_text(encoding="utf-8")
    assert {what for what, _, _ in content_security.EXCEPTIONS} == EXCEPTIONS.keys()
    for what, directive, sources in content_security.EXCEPTIONS:
        (row,) = (line for line in record.splitlines() if line.startswith(f"| {what} | `{directive}"))
        assert f"`{directive} {sources}`" in row


def test_a_hash_does_not_take_back_what_styles_are_allowed():
    html = HEAD + WIDGET + "<style>p { color: red; }</style><script>a()</script>"
    assert policy(html)["style-src"] == ["'self'", "'unsafe-inline'"]
    assert digest("a()") in policy(html)["script-src"]


def test_no_page_may_run_scripts_without_a_hash_or_ask_another_host():
    everything = policy(HEAD + "".join(held for held, _ in EXCEPTIONS.values()))
    assert "'unsafe-inline'" not in everything["script-src"]
    allowed = {source for sources in everything.values() for source in sources}
    assert allowed == {
        *("'self'", "'none'", "data:", "blob:"),
        *("'unsafe-inline'", "'unsafe-eval'"),
    }


def test_the_policy_stands_before_all_that_it_concerns_and_once():
    html, wrong = content_security.protected(f"{HEAD}<script>a()</script>")
    assert wrong == []
    assert html.startswith(f'{HEAD}\n<meta http-equiv="Content-Security-Policy" content="default-src ')
    assert content_security.protected(html) == (html, [])


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        (HEAD + '<a onclick="f()">', 'onclick="f()" is a script, which the page\'s policy refuses'),
        (HEAD + "<img src=a.svg onError=f()>", 'onerror="f()" is a script, which the page\'s policy refuses'),
        (
            HEAD + '<a href=" JavaScript:f()">',
            'href=" JavaScript:f()" is a script, which the page\'s policy refuses',
        ),
        ("<html><head><title>a</title>", "without <meta charset> there is no place for its policy"),
    ],
)
def test_what_the_policy_would_break_is_named(html, problem):
    assert content_security.protected(html)[1] == [problem]
