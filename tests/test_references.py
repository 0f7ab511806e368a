"""Every citation names an entry of the bibliography, and every entry is cited."""

import re
from pathlib import Path

import ledger

ROOT = Path(__file__).parent.parent


def cited():
    """The keys that the pages of the book cite."""
    files = [path for page in ledger.pages(ROOT) for path in ROOT.glob(f"{page}.*")]
    text = "\n".join(ledger.content(path)[0] for path in files if path.suffix in {".md", ".ipynb"})
    return {
        key for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]*)`", text) for key in re.split(r",\s*", keys)
    }


def test_every_key_resolves_and_no_entry_is_left_over():
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))
    assert cited() == set(keys)
