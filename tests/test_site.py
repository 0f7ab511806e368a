"""What builds and serves the site: a sound book builds without a warning, and no fault passes.

The books built here are tiny, with the real `_config.yml`, extension, templates and assets.
"""

import gzip
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import book_site
import chapter_numbers
import docstrings
import docutils.core
import formulas
import ipywidgets as widgets
import live_parts
import pytest
import serve
import sliders
from docutils import nodes
from ipywidgets.embed import dependency_state
from nbformat import read, write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from trpo_lesson.show import interactive
from trpo_lesson.show.svg import Picture

pytestmark = pytest.mark.xdist_group("site")  # on one worker, so that the books are built once
ROOT = Path(__file__).parent.parent

INTRO = """# A small book

This first paragraph says what the page is about.

It proves {prf:ref}`thm-a` with {eq}`eq-a`, after {cite:t}`schulman2015`, and $x^2$.

A short formula is $(1 - x^2)/(1 - x)$, a long one $x_1 + x_2 + x_3 + x_4 + x_5 + x_6$.

$$
\\begin{aligned} a &= b \\end{aligned}
$$ (eq-a)

:::{prf:theorem} Its name
:label: thm-a
It is so.
:::

::::{dropdown} Proof
:::{prf:proof}
By {eq}`eq-a`.
:::
::::

:::{prf:proof}
Once more.
:::

```{figure} ../site_assets/logo.svg
:alt: A hill
:name: fig-a
Its caption.
```

```{bibliography}
```
"""
BIBLIOGRAPHY = "@article{schulman2015, title={A}, author={Schulman, John}, journal={B}, year={2015}}"
SLIDER = """import ipywidgets as widgets
from myst_nb import glue
glue("half", 0.5, display=False)
handle, stack = widgets.IntSlider(max=1), widgets.Stack([widgets.HTML("a"), widgets.HTML("b")])
widgets.jslink((handle, "value"), (stack, "selected_index"))
widgets.VBox([handle, stack])"""
MARKS = {"schema_version": 3, "task": False}
ANSWER = MARKS | {"grade": False, "solution": True, "locked": False, "grade_id": "answer"}
CHECK = MARKS | {"grade": True, "solution": False, "locked": True, "points": 1, "grade_id": "check"}
EXERCISE = new_notebook(
    cells=[
        new_markdown_cell("# Exercise"),
        new_code_cell(
            "def f():\n    ### BEGIN SOLUTION\n    return 'ans' + 'wer'\n    ### END SOLUTION",
            metadata={"nbgrader": ANSWER},
        ),
        new_code_cell(
            "said = f()\n### BEGIN HIDDEN TESTS\nunseen_by_readers = 'answer'\n"
            "assert f() == unseen_by_readers\n### END HIDDEN TESTS\nsaid",
            metadata={"nbgrader": CHECK},
        ),
    ]
)


WITH_CODE = ("slider", "exercise", "07_chapter")
PRINTS = "print('a', end='', flush=True)\nprint(' b\\nc')"  # sent in two pieces
CHAPTER = ["assert True", "x = 1", PRINTS]  # the first is tagged: see `build`
MARKED = """import pytest
from trpo_lesson.exact import values
@pytest.mark.equation("eq-a", values.visitation)
def test_it_is_so():
    assert values.visitation
"""
LEDGER = "# Ledger\n\nThere are {ledger-count}`equations`.\n\n```{ledger}\n```\n"
CHINESE = "# Words\n\nThe 优势函数, an advantage; Fisher 信息、矩阵\n\n```python\nx = '策略'\n```\n"
STEPS = "# Steps\n\n```{modules-of} trpo_lesson.exact\n```\n"


def build(folder, pages, *, settings=()):
    """Build a book of `pages` (name -> Markdown, code cells or a notebook); the finished process.

    `settings` are pairs of texts: in _config.yml the second takes the place of the first.
    """
    (folder / "tests").mkdir(parents=True, exist_ok=True)
    (folder / "tests/test_a.py").write_text(MARKED)
    shutil.copyfile(ROOT / "_config.yml", folder / "_config.yml")
    fetched = shutil.ignore_patterns("live", "__pycache__")  # 38 MB, where it is
    for part in ("site_assets", "tools/site", "tools/live"):
        shutil.copytree(ROOT / part, folder / part, ignore=fetched, dirs_exist_ok=True)
    for before, after in settings:
        config = (folder / "_config.yml").read_text(encoding="utf-8")
        assert before in config
        (folder / "_config.yml").write_text(config.replace(before, after), encoding="utf-8")
    (folder / "references.bib").write_text(BIBLIOGRAPHY)
    (folder / "book/exercises").mkdir(parents=True)
    for page, content in pages.items():
        if isinstance(content, str):
            (folder / "book" / f"{page}.md").write_text(content)
            continue
        if isinstance(content, list):
            cells = [new_markdown_cell(f"# Title\n\n$$ c = 1 $$ (eq-{page})"), *map(new_code_cell, content)]
            cells[1].metadata["tags"] = ["eq-a", f"eq-{page}"]
            content = new_notebook(cells=cells)
        write(content, folder / "book" / f"{page}.ipynb")
    root, *others = pages
    chapters = "".join(f"  - file: book/{page}\n" for page in others)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: book/{root}\nchapters:\n{chapters}")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "-W", "-n", "--keep-going"]
    environment = os.environ | {"NO_COLOR": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def fetch_parts(folder):
    """What live_parts.py leaves behind, in small; and the package that the build adds to it."""
    python = folder / "site_assets/vendor/live/python"
    for part in (python, python.parent / "lite", python.parent / "thebe"):
        part.mkdir(parents=True)
    (python / "numpy.whl").write_bytes(bytes(1_500_000))
    (python / live_parts.LOCK).write_text('{"packages": {"numpy": {"name": "numpy"}}}')
    (python.parent / live_parts.READY).touch()
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, folder)
    shutil.copytree(ROOT / "trpo_lesson", folder / "trpo_lesson")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    fetch_parts(folder)
    pages = {"intro": INTRO, "slider": [SLIDER], "exercise": EXERCISE}
    pages |= {"07_chapter": CHAPTER, "ledger": LEDGER, "exact": STEPS, "chinese": CHINESE}
    built = build(folder, pages)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "_build/html"


def page(book, name):
    return (book / "book" / f"{name}.html").read_text(encoding="utf-8")


def test_a_page_of_a_notebook_can_run_and_says_what_that_loads(book):
    manifest = json.loads((book / "_static/vendor/live/manifest.json").read_text())
    lock = json.loads((book / "_static/vendor/live/python" / live_parts.LOCK).read_text())
    (wheel,) = (book / "_static/vendor/live/python").glob("trpo_lesson-*.whl")
    assert lock["packages"]["trpo-lesson"]["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert manifest["packages"] == ["numpy", "trpo-lesson"]
    assert {"path": "python/numpy.whl", "bytes": 1_500_000} in manifest["files"]
    for name in ("slider", "exercise", "07_chapter"):
        html = page(book, name)
        assert html.count('id="run-this-page" data-live="../_static/vendor/live/"') == 1
        assert "It loads 2 MB, once" in html
        assert ("live_exercises.js" in html) == (name == "exercise")
    for name in ("intro", "ledger", "exact"):
        assert "run-this-page" not in page(book, name)
        assert "live.js" not in page(book, name)


def test_what_a_cell_prints_stands_as_it_was_printed(book):
    assert "<pre><span></span>a b\nc\n</pre>" in page(book, "07_chapter")


def test_without_its_parts_the_book_has_no_button_and_the_build_says_why(tmp_path):
    reason = tmp_path / "site_assets/vendor/live" / live_parts.MISSING
    reason.parent.mkdir(parents=True)
    reason.write_text("numpy.whl: the host is away\n")
    built = build(tmp_path, {"intro": INTRO, "07_chapter": CHAPTER})
    assert built.returncode == 0, built.stdout + built.stderr
    assert "The pages have no live cells: numpy.whl: the host is away" in built.stdout
    html = page(tmp_path / "_build/html", "07_chapter")
    assert "run-this-page" not in html
    assert "live.js" not in html
    assert not (tmp_path / "_build/html/_static/vendor/live").exists()


def test_no_page_asks_another_host_for_anything(book):
    for file in book.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"([^\"]*)\"", file.read_text()
        )
        assert [url for url in loaded if re.match(r"(https?:)?//", url)] == []
    for file in (book / "_static").glob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", file.read_text())


def test_every_page_has_a_policy_of_what_it_holds(book):
    rules = {}
    for file in book.rglob("*.html"):
        policy = re.search('<meta http-equiv="Content-Security-Policy" content="([^"]*)"', file.read_text())
        rules[file.relative_to(book).as_posix()] = policy[1].split("; ")
    evaluating = {name for name, rule in rules.items() if "'unsafe-eval'" in " ".join(rule)}
    assert {"book/slider.html"} <= evaluating <= {f"book/{name}.html" for name in WITH_CODE}
    styled = {name for name, rule in rules.items() if "style-src-attr 'unsafe-inline'" in rule}
    assert {"book/intro.html", "search.html"} <= styled  # formulas; the pages found
    assert not {"index.html", "book/exact.html", "_modules/trpo_lesson/exact/mdp.html"} & styled


def test_no_id_stands_twice_even_where_two_proofs_do(book):
    ids = re.findall(r'\bid="([^"]+)"', page(book, "intro"))
    assert page(book, "intro").count("proof admonition") == 2
    assert [name for name in set(ids) if ids.count(name) > 1] == []


def test_the_scripts_that_break_the_play_button_or_name_a_cdn_are_gone(book):
    for file in book.rglob("*.html"):
        assert file.parent.name != "_static"
        scripts = "".join(re.findall(r"<script\b.*?</script>", file.read_text(), re.DOTALL)).lower()
        assert not re.search(r"fontawesome\.js|thebe|require\.js|mathjax|togglebutton", scripts)


def test_formulas_are_rendered_in_the_page_with_mathml_beside_them(book):
    html = page(book, "intro")
    assert html.count('class="katex"') == html.count("<math ") == 4
    assert 'id="equation-eq-a"' in html
    assert "katex.min.js" not in html


def test_a_line_may_end_inside_a_long_formula_only(book):
    _, square, short, long = page(book, "intro").split('<span class="formula">')
    assert ",</span> a long one" in short
    assert "<wbr>" not in square + short
    assert long.count("<wbr>") == 5


def test_the_page_describes_itself_and_follows_the_system_without_a_flash(book):
    html = page(book, "intro")
    assert '<meta name="description" content="This first paragraph says what the page is about.">' in html
    assert html.index("prefers-color-scheme: dark") < html.index('rel="stylesheet"')


def test_equations_are_numbered_by_the_chapter_of_their_file(book):
    assert [
        re.search(r'class="eqno">\(([^)]*)\)', page(book, name))[1] for name in ("07_chapter", "intro")
    ] == [
        "7.1",
        "1",
    ]
    title = re.search("<h1>(.*?)<a", page(book, "07_chapter"))[1]
    assert re.sub("<[^>]*>", "", title) == "7. Title"


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("book/03_a", ("3",)),
        ("book/15_a", ("15",)),
        ("book/exercises/03_a", ("E3",)),
        ("book/proofs", ("P",)),
        ("book/intro", ()),
    ],
)
def test_the_numbers_of_a_page_begin_with(name, begin):
    assert chapter_numbers.number(name) == begin


def test_an_equation_leads_to_the_source_of_its_function_and_to_its_entry_in_the_ledger(book):
    below = re.search(
        r'id="equation-eq-a".*?<p class="equation-code">(.*?)</p>', page(book, "intro"), re.DOTALL
    )[1]
    source, entry = re.findall(r'href="([^"]*)"', below)
    assert source == "../_modules/trpo_lesson/exact/values.html#visitation"
    code = (book / "_modules/trpo_lesson/exact/values.html").read_text(encoding="utf-8")
    assert '<div class="viewcode-block" id="visitation"><a class="viewcode-back"' in code
    assert entry == "ledger.html#ledger-eq-a"
    assert 'class="equation-code"' not in page(book, "07_chapter")  # its equation has no test


def test_the_ledger_leads_to_equation_theorem_source_test_and_cell(book):
    html = page(book, "ledger")
    entry = re.search(r'id="ledger-eq-a".*?</ul>', html, re.DOTALL)[0]
    assert re.findall(r'href="([^"]*)"', entry) == [
        "intro.html#equation-eq-a",
        "../_modules/trpo_lesson/exact/values.html#visitation",
        "slider.html#check-eq-a",
        "07_chapter.html#check-eq-a",
    ]
    assert "Test: it is so" in entry
    assert "There are 3." in html
    assert 'id="check-eq-a"' in page(book, "slider")
    assert '<span id="check-eq-slider"></span>' in page(book, "slider")
    assert "Test: none yet." in html


def test_docstrings_are_shown_as_they_are_and_lead_to_their_equations(book):
    html = page(book, "exact")
    shown = re.search(r'id="trpo_lesson.exact.values.visitation".*?</dd>', html, re.DOTALL)[0]
    assert "rho_pi [S] = sum_t gamma^t P(s_t = s), unnormalised: it sums to 1 / (1 - gamma)." in shown
    assert 'href="intro.html#equation-eq-a"' in shown


DOCSTRING = """A summary, which ends with a full stop.

x [N, D]  the points, of `float64`,
          one a row; "as is" -- in --this way
reason    "" or why
alpha = 1 is a definition on a line of its own.
So is this. And a line that the source had to break, because it had become long and longer,
goes on; see `kl`.

    code  that  stays
      as it is
"""


def test_the_lines_fields_and_code_of_a_docstring_are_told_apart():
    summary, fields, lines, code = docstrings.parsed(DOCSTRING.splitlines())
    assert summary.astext() == "A summary, which ends with a full stop."
    assert [[part.astext() for part in field] for field in fields] == [
        ["x [N, D]", 'the points, of float64, one a row; "as is" -- in --this way'],
        ["reason", '"" or why'],
    ]
    assert len(lines) == 2
    assert lines[0].astext() == "alpha = 1 is a definition on a line of its own."
    assert lines[1].astext().endswith("because it had become long and longer, goes on; see kl.")
    assert [literal.astext() for literal in lines.findall(nodes.literal)] == ["kl"]
    assert code.astext() == "code  that  stays\n  as it is"


def test_docstrings_keep_their_quotes(book):
    assert "P[s, a, s'] = P(s' | s, a)" in page(book, "exact")


def test_widgets_run_from_the_site_itself_and_only_where_there_are_some(book):
    assert re.search(r'<script defer="defer" src="\.\./_static/sliders\.js', page(book, "slider"))
    assert "sliders.js" not in page(book, "intro")


def test_a_slider_is_preceded_by_what_it_shows_first():
    shown = interactive.slider(
        lambda n: Picture("<svg></svg>", f"drawn for {n[0]}"), ["a<b", "c"], label="R & D"
    )
    model_id, states = shown.model_id, dependency_state([shown], drop_defaults=False)
    view = f'<script type="application/vnd.jupyter.widget-view+json">{{"model_id": "{model_id}"}}</script>'
    html = sliders.with_stills(f"<p>{view}</p>", states)
    assert html.startswith(
        '<p><div class="slider-still"><p class="slider-name">R &amp; D <span>a&lt;b</span></p>'
    )
    assert re.findall("drawn for .", html) == ["drawn for a"]
    bar = widgets.IntProgress()
    other = view.replace(model_id, bar.model_id)
    assert sliders.with_stills(other, dependency_state([bar])) == other
    assert html.endswith(f"</div>\n{view}</p>")


def test_the_colours_of_the_roles_reach_the_page(book):
    assert re.search(r'href="\.\./_static/roles\.css', page(book, "intro"))
    assert re.search(r'data-theme="dark"\]\{--old:#', (book / "_static/roles.css").read_text())


def test_the_bibliography_is_a_list_of_items(book):
    html = page(book, "intro")
    assert "doc-biblioentry" not in html
    assert html.count('role="listitem"') == 1


def seen(html):
    """The page as plain text."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize("host", ["github", "colab", "binder", "canonical", "Report an error"])
def test_before_anything_is_configured_no_page_names_where_it_is_published(book, host):
    pages = [*book.glob("*.html"), *book.glob("book/*.html")]
    assert [file.name for file in pages if re.search(f'href="[^"]*{host}|>{host}', file.read_text())] == []
    assert not (book / "sitemap.xml").exists()


def test_the_page_for_wrong_addresses_starts_its_links_from_the_root(book):
    html = (book / "404.html").read_text()
    assert '<base href="/">' in html
    assert html.index("<base") < html.index("<link")
    links = re.findall(r' href="([^"]*)"', html.partition("<base")[2].partition(">")[2])
    assert {"book/intro.html", "search.html", "404.html#main-content"} <= set(links)
    assert [link for link in links if link.startswith(("#", "/", "."))] == []


def test_chinese_words_are_marked_as_such_and_code_is_left_alone(book):
    html = page(book, "chinese")
    assert (
        '<p>The <span lang="zh">优势函数</span>, an advantage; Fisher <span lang="zh">信息、矩阵</span></p>'
        in html
    )
    assert html.count('lang="zh"') == 2
    assert "'策略'" in html


def test_an_exercise_shows_its_starter_and_below_it_its_solution_folded(book):
    article = page(book, "exercise").partition("<article")[2].partition("</article")[0]
    before, fold, _ = re.split(r"(<details.*?</details>)", article, flags=re.DOTALL)
    assert seen(before).endswith("def f(): # YOUR CODE HERE ")
    assert "<details open" not in fold
    assert re.search(r"<summary.*Solution.*</summary>", fold, re.DOTALL)
    assert "return 'ans' + 'wer'" in seen(fold)
    assert 'class="highlight' in fold  # coloured as code
    assert "BEGIN SOLUTION" not in article


def test_a_check_was_run_with_the_solution_and_says_so(book):
    html = seen(page(book, "exercise"))
    assert re.search(r"said = f\(\) said With the solution above, it says: 'answer'", html)


def test_hidden_tests_are_nowhere_in_the_site(book):
    for file in book.rglob("*.*"):
        assert not re.search(b"unseen_by_readers|HIDDEN TESTS", file.read_bytes()), file


def test_the_download_of_exercises_is_the_starter_and_that_of_a_chapter_is_the_chapter(book):
    sources = book / "_sources/book"
    cells = read(sources / "exercise.ipynb", as_version=4).cells
    assert [cell.source for cell in cells[1:]] == ["def f():\n    # YOUR CODE HERE", "said = f()\nsaid"]
    assert 'href="../_sources/book/exercise.ipynb"' in page(book, "exercise")
    assert read(sources / "slider.ipynb", as_version=4).cells[1].source == SLIDER


FAULTS = {
    "unknown_macro": ("# A\n\n$\\nomacro$\n", r"unknown_macro\.md:3: WARNING: bad TeX: .*\\nomacro"),
    "broken_braces": ("# A\n\ntext\n\n$$\n\\frac{1\n$$\n", r"broken_braces\.md:5: WARNING: bad TeX"),
    "not_latex": ("# A\n\n$café$\n", r"not_latex\.md:3: WARNING: bad TeX: .*strict mode"),
    "equation": ("# A\n\n{eq}`no-such`\n", r"equation\.md:3: WARNING: equation not found: no-such"),
    "link": ("# A\n\n[there](nowhere.md)\n", r"link\.md:3: WARNING: .*nowhere"),
    "citation": ("# A\n\n{cite}`nobody1999`\n", r"citation\.md:3: WARNING: .*nobody1999"),
    "error": (["1 / 0"], r"error\.ipynb: WARNING: Executing notebook failed: CellExecutionError"),
    "stderr": (["import warnings; warnings.warn('careful')"], r"stderr\.ipynb:\d+: ERROR: stderr was found"),
    "unseen": ("# A\n\n```{math}\n:label: eq-unseen\nx\n```\n", r"number with .* \(eq-unseen\)"),
    "handler": (
        "# A\n\n<a onclick='f()'>a</a>\n",
        r"WARNING: book/handler\.html: onclick=\"f\(\)\" is a script",
    ),
    "package": (
        ["from trpo_lesson.exact import no_such_module"],
        r"package\.ipynb: WARNING: Executing notebook",
    ),
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    pages = {"intro": "# A small book\n\nText.\n"} | {name: content for name, (content, _) in FAULTS.items()}
    return build(tmp_path_factory.mktemp("faulty"), pages)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_page_fails_the_build_and_is_named(faulty, fault):
    assert faulty.returncode != 0
    plain = re.sub(r"\x1b\[[\d;]*m", "", faulty.stdout + faulty.stderr)
    assert re.search(FAULTS[fault][1], plain), plain


def test_the_renderer_of_formulas_is_node_itself():
    program = Path(formulas.node())
    assert program.read_bytes()[:2] != b"#!"


def test_a_fold_of_the_contents_is_named_after_its_page():
    fold = '<li><a href="a.html">{}</a><details open="open"><summary{}><i></i></summary></details></li>'
    flat = '<li><a href="b.html">B</a></li>'
    named = book_site.named_folds(flat + fold.format("A <em>&amp;</em> B", ""))
    assert named == flat + fold.format("A <em>&amp;</em> B", ' aria-label="Pages of: A &amp; B"')


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("Title\n=====\n\nShort.\n\nSecond.", "Short."),
        ("Title\n=====\n\n" + "word " * 40, "word " * 30 + "word…"),
        ("Title\n=====\n", ""),
    ],
)
def test_the_description_is_the_first_paragraph_cut_at_a_word(text, description):
    assert book_site.page_description(docutils.core.publish_doctree(text)) == description
    assert len(description) <= book_site.DESCRIPTION_LENGTH


# --------------------------------------------------------------------------------------------- the server


@pytest.fixture
def host(tmp_path):
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    (site / "index.html").write_text("home " * 1000)
    (site / "sub/index.html").write_text("below")
    (site / "font.woff2").write_bytes(bytes(range(256)))
    (tmp_path / "secret.html").write_text("not yours")
    with serve.server(site) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield httpd.server_address
        httpd.shutdown()
        thread.join()


def get(host, path, *, method="GET", **headers):
    connection = http.client.HTTPConnection(*host, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


GZIP = {"Accept-Encoding": "gzip, deflate"}


def test_text_travels_compressed_to_browsers_that_accept_it(host):
    answer, body = get(host, "/index.html", **GZIP)
    assert (answer.status, answer.getheader("Content-Encoding")) == (200, "gzip")
    assert gzip.decompress(body) == b"home " * 1000
    assert len(body) < 100


def test_text_travels_as_it_is_to_browsers_that_do_not(host):
    answer, body = get(host, "/index.html")
    assert (answer.getheader("Content-Encoding"), body) == (None, b"home " * 1000)


def test_fonts_are_not_compressed_again(host):
    answer, body = get(host, "/font.woff2", **GZIP)
    assert (answer.getheader("Content-Encoding"), body) == (None, bytes(range(256)))


@pytest.mark.parametrize("path", ["/", "/sub/", "/index.html?q=x"])
def test_folders_show_their_index_and_questions_are_ignored(host, path):
    answer, body = get(host, path, **GZIP)
    assert answer.status == 200
    assert gzip.decompress(body)


@pytest.mark.parametrize("path", ["/nothing.html", "/../secret.html", "/%2e%2e/secret.html"])
def test_what_is_not_in_the_folder_is_not_served(host, path):
    answer, body = get(host, path, **GZIP)
    assert answer.status == 404
    assert b"not yours" not in body


def test_a_site_with_a_page_for_wrong_addresses_shows_it_for_each_of_them(host, tmp_path):
    (tmp_path / "site/404.html").write_text("lost")
    answer, body = get(host, "/sub/nothing.html", **GZIP)
    assert (answer.status, answer.getheader("Content-Type"), body) == (404, "text/html", b"lost")
    assert get(host, "/sub/nothing.html", method="HEAD")[1] == b""
    assert b"lost" not in get(host, "/index.html", method="POST")[1]  # another error


def test_the_server_is_for_this_machine_only(host):
    assert host[0] == "127.0.0.1"
