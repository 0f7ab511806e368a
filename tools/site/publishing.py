"""What a published site has besides its pages: an answer to wrong addresses, a sitemap, ways to run it.

Two settings of _config.yml bring them, each alone: `html: baseurl:` the sitemap, `repository: url:` the
launch buttons and the link for reports. Without them nothing of this names another host. Why it is done
here stands in docs/decisions/publishing.md.
"""

import html
from pathlib import Path
from urllib.parse import quote, urlsplit

import yaml
from docutils import nodes

LAUNCH = {
    "notebook_interface": "jupyterlab",  # where our directives are rendered
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
}
STORED_ONLY = (
    "Read this notebook as a page",
    "In Colab, first run",
)  # tools/notebook_head.py writes such lines
LOST = """<section id="lost">
<h1>There is no such page</h1>
<p>The address has a slip, or the page has moved. The book begins with its <a href="{first}">front page</a>;
the <a href="search.html">search</a> finds pages by their words.</p>
</section>
"""
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}</urlset>
"""


def setup(app):
    """Called by book_site.py."""
    app.connect("config-inited", _offer_launches)
    app.connect("doctree-read", _drop_head)
    app.connect("html-collect-pages", _lost_page)
    app.connect("html-page-context", _place_buttons, priority=900)  # after the theme has made them
    app.connect("build-finished", _mend_lost_page)
    app.connect("build-finished", _write_sitemap)


def _offer_launches(app, config):
    """The address of the repository is all that launch buttons and reports need to be told.

    It is read from the file: Jupyter Book drops its own theme options where _config.yml has some for Sphinx.
    """
    settings = yaml.safe_load(Path(app.srcdir, "_config.yml").read_text(encoding="utf-8"))
    repository = settings.get("repository") or {}
    if repository.get("url"):
        config.html_theme_options |= {
            "repository_url": repository["url"],
            "repository_branch": repository.get("branch", "main"),
            "launch_buttons": LAUNCH,
            "use_issues_button": True,
        }


def _place_buttons(app, pagename, templatename, context, doctree):
    """The theme's link for reports goes to the foot, in words; launch buttons stay where they open a chapter.

    Of exercises the repository has the file with the solutions: readers start from the download.
    """
    buttons = context.get("header_buttons", [])
    context["report"] = next((b["url"] for b in buttons if b["label"] == "source-issues-button"), None)
    unwanted = {"source-issues-button"}
    if context.get("page_source_suffix") != ".ipynb" or "/exercises/" in pagename:
        unwanted.add("launch-buttons")
    context["header_buttons"] = [button for button in buttons if button["label"] not in unwanted]


def _drop_head(app, doctree):
    """The line that leads from a stored notebook to its page is of no use on the page."""
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if paragraph.astext().startswith(STORED_ONLY):
            paragraph.parent.remove(paragraph)


def _lost_page(app):
    """404.html, which hosts show for every address that they do not have: so its links start from the root.

    Without a base URL the site is taken to stand at the root of its host, as `make serve` has it.
    """
    root = html.escape(urlsplit(app.config.html_baseurl).path.rstrip("/") + "/")
    tags = f'<base href="{root}">\n<meta name="robots" content="noindex">\n'
    tags += '<meta name="description" content="There is no page at this address.">\n'
    body = LOST.format(first=app.builder.get_target_uri(app.config.root_doc))
    yield "404", {"title": "No such page", "body": body, "metatags": tags}, "page.html"


def _mend_lost_page(app, exception):
    """A link to a place on the page starts from the root too: it needs the page's name."""
    page = Path(app.outdir, "404.html")
    if page.is_file():
        page.write_text(
            page.read_text(encoding="utf-8").replace('href="#', 'href="404.html#'), encoding="utf-8"
        )


def _write_sitemap(app, exception):
    """sitemap.xml, for search engines; its addresses have to be absolute."""
    base = app.config.html_baseurl.rstrip("/")
    if base and not exception:
        paths = [quote(app.builder.get_target_uri(page)) for page in sorted(app.env.found_docs)]
        urls = "".join(f"<url><loc>{html.escape(f'{base}/{path}')}</loc></url>\n" for path in paths)
        Path(app.outdir, "sitemap.xml").write_text(SITEMAP.format(urls), encoding="utf-8")
