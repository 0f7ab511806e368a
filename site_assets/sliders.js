// Sliders without a kernel: embed.js draws them from the states that the page holds. It weighs as much as all the rest of
// a page and keeps the browser busy while it starts, so it comes at the reader's first sign, or after a while for readers
// whose devices give none. Until then each slider is a still picture.

const EMBED = new URL("vendor/widgets/embed.js", document.currentScript.src);
const SIGNS = ["pointermove", "pointerdown", "touchstart", "keydown", "wheel", "scroll"];
const PATIENCE = 15_000; // milliseconds

const timer = setTimeout(enliven, PATIENCE);
for (const sign of SIGNS) addEventListener(sign, enliven, { passive: true }); // not of the boxes inside: the theme scrolls one

function enliven() {
  clearTimeout(timer);
  for (const sign of SIGNS) removeEventListener(sign, enliven);
  const script = Object.assign(document.createElement("script"), { src: EMBED });
  script.onload = () => {
    if (document.readyState === "complete") dispatchEvent(new Event("load")); // which it waits for, and which is over
  };
  document.head.append(script);
}

// In one frame with the slider's first picture, if it has one, or the page would jump.
function replaceStills() {
  for (const still of document.querySelectorAll(".slider-still")) {
    const drawn = still.querySelector(".picture") ? ".picture" : ".jupyter-widgets";
    if (still.parentElement.querySelector(`.widget-subarea ${drawn}`)) still.remove();
  }
}

new MutationObserver(replaceStills).observe(document.querySelector("article"), { childList: true, subtree: true });
