"""Chinese words are marked as such, so that browsers choose a font for them and screen readers a voice."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

WORDS = re.compile("([\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+)")


def setup(app):
    """Called by book_site.py."""
    app.add_post_transform(MarkChinese)


class MarkChinese(SphinxPostTransform):
    """Put Chinese words into an element with lang="zh"."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_):
        """Split the texts that hold some; docutils makes the attribute of the class.

        Code and formulas are written from their text as a whole, and stay as they are.
        """
        for text in list(self.document.findall(nodes.Text)):
            parts = WORDS.split(text.astext())
            if len(parts) > 1:
                marked = [nodes.inline("", part, classes=["language-zh"]) for part in parts[1::2]]
                plain = [nodes.Text(part) for part in parts[0::2]]
                mixed = [node for pair in zip(plain, [*marked, nodes.Text("")], strict=True) for node in pair]
                text.parent.replace(text, [node for node in mixed if node.astext()])
