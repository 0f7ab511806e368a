// What the static pages lack for keyboards and screen readers. It runs when the page is there and after each change
// that the widgets make to it.

// A box that scrolls must be reachable by keyboard; one that does not scroll must not be a stop on the way.
const SCROLLING = ".katex-display, .highlight pre, .output pre, .output.text_html, .jupyter-widgets, .pst-scrollable-table-container";

function scrolls(box) {
  return box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
}

function offerScrolling() {
  const boxes = [...document.querySelectorAll(SCROLLING)].map((box) => [box, scrolls(box)]); // all before any changes
  for (const [box, wide] of boxes) {
    if (wide) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

// Sliders and players of ipywidgets have no name of their own in a page without a kernel.
const PLAYER = { "fa-play": "Play", "fa-pause": "Pause", "fa-stop": "Back to the start", "fa-retweet": "Repeat" };

function nameWidgets() {
  for (const handle of document.querySelectorAll(".jupyter-widgets [role=slider]")) {
    const widget = handle.closest(".jupyter-widgets");
    handle.setAttribute("aria-label", widget.querySelector(".widget-label")?.textContent.trim() || "Slider");
    const readout = widget.querySelector(".widget-readout");
    if (!readout) continue;
    handle.setAttribute("aria-valuetext", readout.textContent); // the value shown, not its index
    readout.removeAttribute("contenteditable"); // what one typed there would stand beside the old picture
  }
  for (const [icon, name] of Object.entries(PLAYER))
    for (const sign of document.querySelectorAll(`.jupyter-widgets button > .${icon}`))
      sign.parentElement.setAttribute("aria-label", name);
}

function mend() {
  nameWidgets();
  offerScrolling();
}

let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; mend(); });
}

mend();
addEventListener("load", soon); // fonts are there: formulas have their width
addEventListener("resize", soon);
document.addEventListener("toggle", soon, true); // a folded proof has no width until it opens
for (const output of document.querySelectorAll(".cell_output"))
  new MutationObserver(soon).observe(output, { childList: true, characterData: true, subtree: true });

// A drawer that closes gives the focus back to the button that opened it: the theme loses it.
for (const side of ["primary", "secondary"])
  document.getElementById(`pst-${side}-sidebar-modal`)?.addEventListener("close", () => {
    const openers = [...document.querySelectorAll(`.${side}-toggle`)];
    openers.find(opener => opener.checkVisibility())?.focus({ preventScroll: true });
  });

// Paper is white: a page in dark colours is printed in the light ones.
let onScreen;
addEventListener("beforeprint", () => {
  onScreen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => { document.documentElement.dataset.theme = onScreen; });

/* global toggleFullScreen -- the theme's */
// The theme's handlers of these two stood inside the page, whose policy refuses them: the template leaves them out.
for (const [button, act] of [[".btn-download-pdf-button", () => print()], [".btn-fullscreen-button", () => toggleFullScreen()]])
  document.querySelector(button)?.addEventListener("click", act);
