"""Once the settings name where the book is published, the site has a sitemap, launch buttons and reports."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import colophon
import nbformat
import normalise_notebooks
import notebook_head
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_site import EXERCISE, build, page, seen

pytestmark = pytest.mark.xdist_group("site")
ROOT = Path(__file__).parent.parent
BASE = "https://owner.example/name/"
REPOSITORY = "https://github.com/owner/name"
SETTINGS = {
    "html": ("html:\n", f"html:\n  baseurl: {BASE}\n"),
    "repository": ("title:", f"repository:\n  url: {REPOSITORY}\n  branch: main\ntitle:"),
}
INTRO = (ROOT / "book/intro.md").read_text(encoding="utf-8").split("\n# ")[0] + "\n# A book\n\nText.\n"
FIFTH_OF_MARCH = 1772668800  # 2026, in seconds


def chapter(root):
    """A notebook as it is stored in a book with the settings of `root`."""
    title = new_markdown_cell("# Title\n\nThe first paragraph.")
    notebook = new_notebook(cells=[title, new_code_cell("x = 1", execution_count=1)])
    head = notebook_head.head(root, root / "book/07_chapter.ipynb")
    return nbformat.reads(normalise_notebooks.normal_form(notebook, head), as_version=4)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the settings."""
    folder = tmp_path_factory.mktemp("published")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    for before, after in SETTINGS.values():
        config = config.replace(before, after)
    (folder / "_config.yml").write_text(config, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def book(root):
    """The built site of a book with the settings."""
    pages = {"intro": INTRO, "07_chapter": chapter(root), "exercises/07_chapter": EXERCISE}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(FIFTH_OF_MARCH))
        built = build(root, pages, settings=SETTINGS.values())
    assert built.returncode == 0, built.stdout + built.stderr
    return root / "_build/html"


def test_the_sitemap_names_every_page_in_full(book):
    found = re.findall("<loc>(.*?)</loc>", (book / "sitemap.xml").read_text())
    names = ["07_chapter", "exercises/07_chapter", "intro"]
    assert found == [f"{BASE}book/{name}.html" for name in names]


def test_the_links_of_the_page_for_wrong_addresses_start_where_the_book_does(book):
    assert '<base href="/name/">' in (book / "404.html").read_text()


def test_a_chapter_can_be_launched_and_what_is_no_chapter_cannot(book):
    html = page(book, "07_chapter")
    assert "https://colab.research.google.com/github/owner/name/blob/main/book/07_chapter.ipynb" in html
    assert "https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/book/07_chapter.ipynb" in html
    for other in ("intro", "exercises/07_chapter"):
        assert not re.search("colab.research|mybinder", page(book, other))


def test_every_page_leads_to_a_report_that_names_it(book):
    for file in ["book/intro", "book/07_chapter", "search", "404"]:
        html = (book / f"{file}.html").read_text()
        (report,) = re.findall(rf'href="({REPOSITORY}/issues/new[^"]*)"', html)
        assert f"page%20%2F{file}.html" in report
        assert "Report an error on this page</a>" in html


def test_the_buttons_ask_no_other_host_before_they_are_pressed(book):
    for file in [*book.glob("*.html"), *book.rglob("book/**/*.html")]:
        loaded = re.findall(
            r'<(?:script|img|iframe|link rel="(?!canonical)[^"]*")[^>]*"((?:https?:)?//[^"]*)"',
            file.read_text(),
        )
        assert loaded == []


def test_every_page_shows_the_version_and_the_date_of_the_book(book):
    for name in ("intro", "07_chapter"):
        assert f"Version {version('trpo-lesson')} of 5 March 2026" in seen(page(book, name))


def test_the_line_that_leads_to_the_page_is_in_the_notebook_and_not_on_the_page(book):
    line = f"[Read this notebook as a page of the book]({BASE}book/07_chapter.html), "
    line += "with its figures and sliders. In Colab, first run "
    line += f"`%pip install git+{REPOSITORY}@main` in a cell of its own."
    stored = nbformat.read(book / "_sources/book/07_chapter.ipynb", as_version=4)
    assert stored.cells[0].source == f"# Title\n\n{line}\n\nThe first paragraph."
    html = page(book, "07_chapter")
    assert "Read this notebook" not in html
    assert '<meta name="description" content="The first paragraph.">' in html


# ------------------------------------------------------------------------------------------ the stored line


@pytest.mark.parametrize(("setting", "begins"), [("html", "[Read"), ("repository", "In Colab"), (None, "")])
def test_each_setting_brings_its_half_of_the_line(tmp_path, setting, begins):
    config = (ROOT / "_config.yml").read_text(encoding="utf-8").replace(*SETTINGS.get(setting, ("", "")))
    (tmp_path / "_config.yml").write_text(config, encoding="utf-8")
    line = notebook_head.head(tmp_path, tmp_path / "book/07_chapter.ipynb")
    assert line.startswith(begins)
    assert bool(line) == bool(begins)
    assert not line or notebook_head.is_head(line)
    assert notebook_head.head(tmp_path, tmp_path.parent / "elsewhere.ipynb") == ""


def test_the_line_is_written_once_and_removed_when_it_is_not_wanted():
    plain = "# Title\n\nText.\n\nMore."
    first = notebook_head.with_head(plain, notebook_head.PAGE.format("a"))
    second = notebook_head.with_head(first, notebook_head.COLAB.format("b", "main"))
    assert first.split("\n\n")[:2] == ["# Title", notebook_head.PAGE.format("a")]
    assert second.split("\n\n") == ["# Title", notebook_head.COLAB.format("b", "main"), "Text.", "More."]
    assert notebook_head.with_head(second, "") == plain


def test_lint_says_which_notebook_lacks_the_line(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(normalise_notebooks, "ROOT", root)
    path = root / "book/08_other.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(normalise_notebooks.normal_form(chapter(root)), encoding="utf-8")
    assert normalise_notebooks.main(["--check", str(path)]) == 1
    assert "08_other.ipynb: not in normal form" in capsys.readouterr().out
    assert normalise_notebooks.main([str(path)]) == 0
    assert f"{BASE}book/08_other.html" in path.read_text(encoding="utf-8")
    path.unlink()


# ------------------------------------------------------------------------------------------ the date


def test_the_date_is_that_of_the_last_commit(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{FIFTH_OF_MARCH} +0000")
    name = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], [*name, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert str(colophon.date(tmp_path)) == "2026-03-05"
    (tmp_path / "inside").mkdir()
    assert colophon.date(tmp_path / "inside") is None  # a copy without git, inside another checkout


def test_the_date_of_the_environment_comes_first_and_without_git_there_is_none(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert colophon.date(tmp_path) is None
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert colophon.date(tmp_path) is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(FIFTH_OF_MARCH))
    assert str(colophon.date(tmp_path)) == "2026-03-05"
