"""A page's policy refuses what is planted into the page, and nothing that the page itself does.

That loading a page breaks no rule is shown in test_pages_load.py: the browser reports it as an error.
"""

import re

import pytest
from site_pages import NO_SITE, SITE, elements, pages, unfold

# One page of each policy, hashes aside.
KINDS = {}
for path in pages():
    if path != NO_SITE:
        (policy,) = (
            values["content"]
            for tag, values in elements(SITE / path)
            if tag == "meta" and values.get("http-equiv") == "Content-Security-Policy"
        )
        KINDS.setdefault(re.sub(r" 'sha256-[^']*'", "", policy), path)
KINDS = list(KINDS.values()) or [NO_SITE]
LISTEN = """addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
  (window.refused ??= []).push(effectiveDirective);
})"""
TOOLS = """
  const make = (tag, values) => document.head.prepend(Object.assign(document.createElement(tag), values));
  const add = html => {
    document.body.insertAdjacentHTML("beforeend", html);
    return document.body.lastElementChild;
  };"""
# Each sets `stolen`, if it runs.
SCRIPTS = [
    ("script-src-elem", "make('script', { text: 'stolen = 1' })"),
    ("script-src-attr", "add('<button onclick=\"stolen = 1\">').click()"),
    ("script-src-elem", "add('<a href=\"javascript:void (stolen = 1)\">').click()"),
]
EVAL = "setTimeout('stolen = 1')"
# Each asks `other`, which is a server of this machine that would answer.
REQUESTS = [
    ("connect-src", "fetch(other, { mode: 'no-cors' }).catch(() => 0)"),
    ("img-src", "add(`<img src='${other}'>`)"),
    ("style-src-elem", "add(`<link rel=stylesheet href='${other}'>`)"),
    ("frame-src", "add(`<iframe src='${other}'></iframe>`)"),
    ("object-src", "add(`<object data='${other}'></object>`)"),
    ("media-src", "add(`<video src='${other}'></video>`)"),
    ("script-src-elem", "make('script', { src: other })"),
    ("form-action", "add(`<form action='${other}'></form>`).submit()"),
    ("base-uri", "make('base', { href: other }); add('<img src=a.svg>')"),
]


def plant(page, script, other=""):
    """Do `script` on the page, as if a fault of the page had let it in; the rule that refused it."""
    before = page.evaluate("window.refused?.length ?? 0")
    page.evaluate(f"other => {{ {TOOLS} {script} }}", other)
    page.wait_for_function("before => window.refused?.length > before", arg=before)
    return page.evaluate("window.refused.at(-1)")


def forget(page, troubles):
    """Close the page, and with it the complaints about what was planted."""
    page.context.close()
    troubles.clear()


@pytest.mark.parametrize("path", KINDS)
def test_a_planted_script_is_refused(visit, troubles, path):
    page = visit(path)
    page.evaluate(LISTEN)
    for rule, script in SCRIPTS:
        assert plant(page, script) == rule
    assert page.evaluate("window.stolen") is None
    forget(page, troubles)


@pytest.mark.parametrize("path", KINDS)
def test_a_planted_text_is_run_as_a_script_only_where_widgets_or_live_cells_need_it(visit, troubles, path):
    page = visit(path)
    needed = page.locator("script[type*='jupyter.widget-state'], [data-live]").count() > 0
    page.evaluate(LISTEN)
    page.evaluate(EVAL)
    page.wait_for_function("window.stolen || window.refused")
    assert page.evaluate("window.stolen === 1") == needed
    forget(page, troubles)


@pytest.mark.parametrize("path", KINDS)
def test_a_planted_request_to_another_host_is_refused(visit, troubles, planted, path):
    page, answers = visit(path), []
    page.on("response", lambda response: answers.append(response.url))
    page.evaluate(LISTEN)
    for rule, script in REQUESTS:
        assert plant(page, script, planted) == rule
    assert [url for url in answers if url.startswith(planted)] == []
    forget(page, troubles)


@pytest.mark.parametrize("script", [*(script for _, script in SCRIPTS), EVAL])
def test_without_its_policy_the_page_would_run_it(visit, script):
    page = visit("book/notation.html", bypass_csp=True)
    page.evaluate(f"() => {{ {TOOLS} {script} }}")
    page.wait_for_function("window.stolen === 1")


@pytest.mark.parametrize("script", [script for _, script in REQUESTS])
def test_without_its_policy_the_page_would_ask_the_other_host(visit, troubles, planted, script):
    page = visit("book/notation.html", bypass_csp=True)
    with page.expect_request(lambda request: request.url.startswith(planted)):
        page.evaluate(f"other => {{ {TOOLS} {script} }}", planted)
    page.wait_for_load_state("networkidle")  # a page that goes elsewhere is not closed on its way
    forget(page, troubles)


@pytest.mark.parametrize("path", KINDS)
def test_what_a_reader_does_breaks_no_rule(visit, troubles, path):
    page = visit(path)
    unfold(page)
    for button in page.locator("button[data-bs-toggle]:visible, button.copybtn").all()[:6]:
        button.hover()
        button.click()
    page.keyboard.press("Escape")
    page.locator(".theme-switch-button:visible").click()
    page.keyboard.press("Control+k")
    page.locator("dialog[open] input").wait_for()
    assert troubles == []


@pytest.mark.parametrize("path", [path for path in KINDS if path.startswith("book/")] or [NO_SITE])
def test_the_buttons_of_print_and_full_screen_do_what_they_say(visit, path):
    page = visit(path)
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator(".btn-fullscreen-button").click()
    page.wait_for_function("document.fullscreenElement === document.documentElement")
    page.locator(".btn-fullscreen-button").click()
    page.wait_for_function("document.fullscreenElement === null")
    page.locator(".dropdown-download-buttons > button").click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("window.printed")
