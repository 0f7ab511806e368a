"""The font of icons: those that book.css names, cut out of the theme's, which has two thousand."""

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
WHOLE = THEME / "vendor/fontawesome/webfonts/fa-solid-900.ttf"


def setup(app):
    """Called by book_site.py."""
    app.connect("builder-inited", _write)


def named(style_sheet):
    """The code points that a style sheet names in its `unicode-range`."""
    ranges = re.search(r"unicode-range:([^;]*);", style_sheet)[1]
    return [int(code, 16) for code in re.findall(r"U\+(\w+)", ranges)]


def write(icons, file):
    """Write a font of `icons` (code points) to `file`, as WOFF: WOFF2 would need another library."""
    options = subset.Options(flavor="woff", ignore_missing_unicodes=False)
    font = subset.load_font(str(WHOLE), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=icons)
    cutter.subset(font)
    subset.save_font(font, str(file), options)


def _write(app):
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    write(
        named((Path(app.srcdir) / "site_assets/book.css").read_text(encoding="utf-8")), static / "icons.woff"
    )
