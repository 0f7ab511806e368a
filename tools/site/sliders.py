"""Sliders stand in their pages as still pictures; site_assets/sliders.js brings them to life.

A still is what a slider shows first: its name, its value and its picture, in the place and the size that the
slider will have. Why stands in docs/decisions/page-weight.md.
"""

import html
import json
import re

STATES = "ipywidgets_state"  # MyST-NB's name for the states of a page's widgets
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.DOTALL)


def setup(app):
    """Called by book_site."""
    app.connect("html-page-context", _show_stills)


def _show_stills(app, pagename, templatename, context, doctree):
    scripts = app.env.nb_metadata[pagename].get("js_files", {}) if doctree else {}
    if STATES in scripts:
        _, attributes = scripts[STATES]
        context["body"] = with_stills(context["body"], json.loads(attributes["body"])["state"])


def with_stills(body, states):
    """`body` (HTML) with a still before the view of each widget that has one; states: model id -> model."""

    def add(view):
        shown = "".join(still(states, json.loads(view[1])["model_id"]))
        return f'<div class="slider-still">{shown}</div>\n{view[0]}' if shown else view[0]

    return VIEW.sub(add, body)


def still(states, model_id):
    """Yield the HTML of what a widget and those inside it show first."""
    model = states[model_id.removeprefix("IPY_MODEL_")]
    state, children = model["state"], model["state"].get("children", [])
    if model["model_name"] == "SelectionSliderModel":
        name, value = state["description"], state["_options_labels"][state["index"]]
        yield f'<p class="slider-name">{html.escape(name)} <span>{html.escape(value)}</span></p>'
    if model["model_name"] == "HTMLModel":
        yield state["value"]
    if model["model_name"] == "StackModel":
        children = [child for i, child in enumerate(children) if i == state["selected_index"]]
    for child in children:
        yield from still(states, child)
