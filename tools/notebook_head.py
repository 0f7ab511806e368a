"""The line below a stored notebook's title that leads to its page: GitHub shows no pictures of it.

It is there once _config.yml names the site (`html: baseurl:`); once that names the repository, the line also
says what Colab needs. `make format` writes and removes it, and the site leaves it out of its pages.
"""

import yaml

PAGE = "[Read this notebook as a page of the book]({}), with its figures and sliders."
COLAB = "In Colab, first run `%pip install git+{}@{}` in a cell of its own."
BEGINNINGS = (PAGE[1:25], COLAB[:25])


def head(root, path):
    """The line for the notebook at `path` of the book below `root`; "" if nothing is configured."""
    page = path.resolve()
    if root.resolve() not in page.parents:
        return ""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    base = (config.get("html") or {}).get("baseurl")
    repository = config.get("repository") or {}
    address = page.relative_to(root.resolve()).with_suffix(".html").as_posix()
    parts = [PAGE.format(f"{base.rstrip('/')}/{address}")] if base else []
    if repository.get("url"):
        parts.append(COLAB.format(repository["url"].rstrip("/"), repository.get("branch", "main")))
    return " ".join(parts)


def is_head(paragraph):
    """Whether a paragraph (Markdown, or its text) is such a line."""
    return paragraph.lstrip("[").startswith(BEGINNINGS)


def with_head(source, line):
    """The source of a first cell with `line` below its title, and without any earlier one."""
    title, *paragraphs = source.split("\n\n")
    return "\n\n".join([title, *[line] * bool(line), *(text for text in paragraphs if not is_head(text))])
