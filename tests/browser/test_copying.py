"""A formula that is copied is TeX, for the text around it nothing changes; and it reads aloud, as MathML."""

import re

import pytest
from site_pages import SITE, elements, pages

FORMULAS = pages(containing='class="katex-display"')[:1]
COPY = """([start, end]) => {
  const range = document.createRange();
  range.setStartBefore(start);
  range.setEndAfter(end ?? start);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def copied(visit):
    """copied(path, start, end): the clipboard after Ctrl+C, with what is selected from `start` to `end`."""

    def copy(path, start, end=None):
        page = visit(path, permissions=["clipboard-read"])
        ends = [place and page.locator(place).first.element_handle() for place in (start, end)]
        page.evaluate(COPY, ends)
        page.keyboard.press("Control+c")
        tex = [handle and handle.query_selector("annotation") for handle in ends]
        return page.evaluate("navigator.clipboard.readText()"), [one and one.text_content() for one in tex]

    return copy


@pytest.mark.parametrize("path", FORMULAS)
def test_a_paragraph_is_copied_with_its_formulas_as_tex(copied, path):
    text, (tex, _) = copied(path, "article p:has(.katex)")
    assert f"${tex.strip()}$" in text
    assert re.search(r"[a-z]{3} [a-z]{3}", text)
    assert "\u200b" not in text  # what KaTeX puts into the drawing of a formula


@pytest.mark.parametrize("path", FORMULAS)
def test_a_displayed_formula_is_copied_as_displayed_tex(copied, path):
    text, (tex, _) = copied(path, "article div.math")
    assert text.strip().startswith(f"$${tex}$$")


@pytest.mark.parametrize("path", FORMULAS)
def test_a_part_of_a_formula_is_copied_as_the_whole(copied, path):
    text, _ = copied(path, "article p .katex-html .mord")
    assert re.fullmatch(r"\$[^$]+\$", text.strip())


@pytest.mark.parametrize("path", FORMULAS)
def test_text_without_formulas_is_copied_as_it_is(copied, path):
    text, _ = copied(path, "article h1")
    assert text.strip().rstrip("#")
    assert "$" not in text


@pytest.mark.parametrize("path", pages(containing='class="katex"'))
def test_every_formula_is_there_to_be_read_aloud_and_its_drawing_is_not(host, path):
    formulas = [attributes for _, attributes in elements(SITE / path) if attributes.get("class") == "katex"]
    spoken = [tag for tag, _ in elements(SITE / path) if tag == "math"]
    drawn = [part for _, part in elements(SITE / path) if part.get("class") == "katex-html"]
    assert len(spoken) == len(drawn) == len(formulas) > 0
    assert {part.get("aria-hidden") for part in drawn} == {"true"}
