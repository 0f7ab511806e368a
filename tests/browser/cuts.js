// What no reader can see of the texts and pictures inside `root`: what a box cuts off, or what lies beside the page.
//
// Each line of text and each picture is followed outwards. A box that hides what overflows must hold it whole. A box
// that scrolls may hide it if scrolling brings it back: it must not begin before the box's first pixel.
// Up and down, the ink of the letters counts, not the line's height.
root => {
  const SLACK = 1; // pixels: positions are fractions, scroll widths are whole
  const UNSEEN = "script, style, noscript, .katex-mathml, .sr-only, .visually-hidden, .skip-link";
  const seen = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const pen = document.createElement("canvas").getContext("2d");

  function ink(node, rect) {
    const style = getComputedStyle(node.parentElement);
    pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const size = pen.measureText(node.data);
    const top = rect.top + size.fontBoundingBoxAscent - size.actualBoundingBoxAscent;
    const bottom = rect.bottom - size.fontBoundingBoxDescent + size.actualBoundingBoxDescent;
    return { left: rect.left, right: rect.right, top, bottom };
  }

  function* leaves() {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const element = node.parentElement, range = document.createRange();
      if (!node.data.trim() || element.closest(UNSEEN) || !seen(element)) continue;
      range.selectNodeContents(node);
      const rects = element.closest("svg") ? [element.getBoundingClientRect()] : [...range.getClientRects()].map(rect => ink(node, rect));
      for (const rect of rects) if (rect.right > rect.left) yield [rect, element, node.data.trim()];
    }
    for (const element of root.querySelectorAll("img, .picture svg"))
      if (seen(element)) yield [element.getBoundingClientRect(), element.parentElement, "a picture"];
  }

  function fault(rect, element) {
    let { left, right, top, bottom } = rect;
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (/^(inline|contents)$/.test(style.display) && box.localName !== "svg") continue; // no box of its own
      const outer = box.getBoundingClientRect();
      const x = outer.left + box.clientLeft, y = outer.top + box.clientTop;
      const hidesX = /hidden|clip/.test(style.overflowX), hidesY = /hidden|clip/.test(style.overflowY);
      if (/auto|scroll/.test(style.overflowX)) {
        const start = x - box.scrollLeft;
        if (left < start - SLACK) return `begins ${start - left} px before its box <${box.localName} class="${box.className}">`;
        if (right > start + box.scrollWidth + SLACK) return `ends beyond the reach of its box <${box.localName}>`;
        [left, right] = [Math.max(left, x), Math.min(right, x + box.clientWidth)];
        if (left > right) return null; // out of sight now, within reach by scrolling
      } else if (hidesX && (left < x - SLACK || right > x + box.clientWidth + SLACK)) {
        return `cut at the side by <${box.localName} class="${box.getAttribute("class")}">`;
      }
      if (hidesY && (top < y - SLACK || bottom > y + box.clientHeight + SLACK))
        return `cut above or below by <${box.localName} class="${box.getAttribute("class")}">`;
    }
    const width = document.documentElement.clientWidth;
    return left < -SLACK || right > width + SLACK ? `beside the page: ${left} to ${right} of ${width}` : null;
  }

  return [...leaves()].map(([rect, element, words]) => [fault(rect, element), words])
    .filter(([what]) => what).map(([what, words]) => `${words.slice(0, 60)}: ${what}`);
}
