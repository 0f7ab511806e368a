"""From each numbered equation one click leads to its code, and another to its test."""

import re

import pytest
from site_pages import NARROW, SITE, WIDE, pages

NUMBERED = pages(containing='<span class="eqno">')
EQUATIONS = re.compile(r'<div class="math[^>]*id="equation-(eq-[^"]*)"')


@pytest.mark.parametrize("path", NUMBERED)
def test_every_numbered_equation_has_its_line_and_its_entry_in_the_ledger(host, path):
    html = (SITE / path).read_text(encoding="utf-8")
    ledger = (SITE / "book/ledger.html").read_text(encoding="utf-8")
    equations = EQUATIONS.findall(html)
    assert len(equations) == html.count('class="eqno"') == html.count('class="equation-code"') > 0
    assert [label for label in equations if f'id="ledger-{label}"' not in ledger] == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", NUMBERED[:1])
def test_one_click_shows_the_function_and_the_way_back_its_documentation(visit, path, width):
    page = visit(path, width=width)
    link = page.locator(".equation-code a").first
    name = link.inner_text().split(".")[-1]
    link.click()
    page.wait_for_url("**/_modules/**")
    block = page.locator(f"#{name}")
    assert f"def {name}(" in block.inner_text()
    below_the_top_bar = (
        "block => { const { top } = block.getBoundingClientRect(); return top > 0 && top < innerHeight / 2; }"
    )
    assert block.evaluate(below_the_top_bar)
    block.locator(".viewcode-back").click()
    page.wait_for_url("**/book/api/**")


@pytest.mark.parametrize("path", NUMBERED[:1])
def test_the_ledger_leads_to_the_cell(visit, path):
    page = visit(path)
    label = page.locator(".equation-code a:last-child").first.get_attribute("href").split("#ledger-")[1]
    page.locator(".equation-code a:last-child").first.click()
    page.wait_for_url("**/book/ledger.html*")
    page.locator(f"[href$='#check-{label}']").click()
    page.wait_for_url(f"**/{path}#check-{label}")
    assert "assert" in page.locator(f"[id='check-{label}']").inner_text()
