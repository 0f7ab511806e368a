"""The glossary: each term in English and Chinese, in order, a sentence, and where it is defined."""

import re
from pathlib import Path

import ledger
import pytest

BOOK = Path(__file__).parent.parent / "book"
TEXT = (BOOK / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.search(r"```\{glossary\}\n(.*)\n```", TEXT, re.DOTALL)[1].split("\n\n")
CHINESE = re.compile("[\u4e00-\u9fff]")


def test_the_terms_stand_in_the_order_of_the_alphabet_each_once():
    english, chinese = ([entry.splitlines()[line].lower() for entry in ENTRIES] for line in (0, 1))
    assert english == sorted(set(english))
    assert len(set(chinese)) == len(chinese)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.splitlines()[0])
def test_a_term_has_its_chinese_one_a_sentence_and_the_place_of_its_definition(entry):
    english, chinese, definition = entry.splitlines()
    assert not CHINESE.search(english + definition)
    assert CHINESE.search(chinese)
    assert re.search(r"\{eq\}`eq-|\]\(\w+\.ipynb\)", definition)
    assert definition.endswith(".")
    assert not re.search(r"[.?!] [A-Z]", definition)


def test_chinese_terms_stand_in_the_glossary_alone_and_the_notation_names_its_terms():
    notation = (BOOK / "notation.md").read_text(encoding="utf-8")
    assert not CHINESE.search(notation)
    named = set(re.findall(r"\{term\}`([^`]*)`", notation + TEXT))
    assert named <= {entry.splitlines()[0] for entry in ENTRIES}
    assert len(named) > 30


def test_the_front_page_leads_to_every_chapter_in_order_and_names_the_others_without_a_link():
    road = (BOOK / "intro.md").read_text(encoding="utf-8").split("front-road\n")[1].split(":::::\n")[0]
    lines = re.findall(r"^(\d+)\. (?:\[.*\]\((.*)\.ipynb\))?", road, re.MULTILINE)
    pages = [page.removeprefix("book/") for page in ledger.pages(BOOK.parent)]
    chapters = [page for page in pages if re.match(r"\d\d_", page)]
    assert [int(number) for number, _ in lines] == list(range(1, len(lines) + 1))
    assert [page for _, page in lines if page] == chapters
    assert [page[:2] for page in chapters] == [f"{int(number):02}" for number, page in lines if page]
