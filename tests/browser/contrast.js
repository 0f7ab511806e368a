// Which texts, lines and marks inside `root` have too little contrast with what lies behind them.
//
// Paint is what getComputedStyle says, opacities multiplied. Behind it lies the page (the backgrounds of the ancestors,
// one over the other) and every area that the drawing filled before, wherever the point is inside that area. A text is
// judged on a grid over its box, a line and the edge of an area at points along it: the worst point counts. A filled
// mark may show by its edge or by its fill. What is no bigger than a marker is not a background for a line, which
// is past it in a few pixels. What the package marks as decoration repeats what other marks say: it is a background and
// needs no contrast itself. What cannot be judged (a pattern, a gradient, a bitmap) counts as a fault.
root => {
  const TEXT = 4.5, LINE = 3, POINTS = 16, MARKER = 14;

  const rgba = colour => {
    const [r, g, b, a = 1] = (colour.match(/^rgba?\((.*)\)$/)?.[1] ?? "").split(/[ ,/]+/).map(Number);
    if ([r, g, b, a].some(Number.isNaN)) throw new Error("colour " + colour);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((c, i) => a * c + (1 - a) * below[i]);
  const luminance = colour => colour
    .map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ancestors = element => element ? [...ancestors(element.parentElement), element] : [];
  const opacity = element => ancestors(element).reduce((all, e) => all * getComputedStyle(e).opacity, 1);
  const inside = (shape, matrix, point) => shape.isPointInFill(point.matrixTransform(matrix.inverse()));

  // One shape as it is painted. <use> shows another element, whose own style goes first.
  function painted(element) {
    const shown = element.localName === "use" ? document.querySelector(element.getAttribute("href")) : element;
    const style = name => getComputedStyle(shown.style.getPropertyValue(name) ? shown : element)[name];
    const whole = opacity(element) * (shown === element ? 1 : getComputedStyle(shown).opacity);
    const paint = name => {
      if (style(name) === "none" || style("visibility") !== "visible") return null;
      const [r, g, b, a] = rgba(style(name));
      const alpha = a * style(name + "-opacity") * whole;
      return alpha ? [r, g, b, alpha] : null;
    };
    const matrix = DOMMatrix.fromMatrix(element.getScreenCTM());
    if (shown !== element) matrix.translateSelf(element.x.baseVal.value, element.y.baseVal.value)
      .multiplySelf(DOMMatrix.fromMatrix(shown.transform.baseVal.consolidate()?.matrix));
    const clips = ancestors(element).map(e => [e, getComputedStyle(e).clipPath.match(/url\("?#([^")]+)/)?.[1]])
      .filter(([, id]) => id).map(([e, id]) => [document.getElementById(id), DOMMatrix.fromMatrix(e.getScreenCTM())]);
    return {
      element, shown, matrix, fill: paint("fill"), stroke: parseFloat(style("strokeWidth")) ? paint("stroke") : null,
      rect: element.getBoundingClientRect(),
      clipped: point => clips.some(([clip, m]) => ![...clip.children].some(child => inside(child, m, point))),
    };
  }

  function pageBehind(svg) {
    return ancestors(svg).map(e => rgba(getComputedStyle(e).backgroundColor)).reduce((below, c) => over(c, below), [255, 255, 255]);
  }

  function pointsOf({ element, shown, matrix }) {
    if (element.localName === "text") {
      const { x, y, width, height } = element.getBBox();
      return [0.02, 0.25, 0.5, 0.75, 0.98].flatMap(i => [0.2, 0.5, 0.8].map(j =>
        new DOMPoint(x + i * width, y + j * height).matrixTransform(matrix)));
    }
    const length = shown.getTotalLength();
    return Array.from({ length: POINTS }, (_, i) =>
      DOMPoint.fromPoint(shown.getPointAtLength(length * (i + 0.5) / POINTS)).matrixTransform(matrix));
  }

  function judge(shape, areas, page) {
    const isText = shape.element.localName === "text";
    const behind = areas.filter(area => isText || Math.max(area.rect.width, area.rect.height) > MARKER);
    let worst = null;
    for (const point of pointsOf(shape)) {
      if (shape.clipped(point)) continue;
      const background = behind.filter(({ rect, shown, matrix, clipped }) =>
        point.x >= rect.left && point.x <= rect.right && point.y >= rect.top && point.y <= rect.bottom
        && inside(shown, matrix, point) && !clipped(point)).reduce((below, area) => over(area.fill, below), page);
      const paints = isText ? [shape.fill] : [shape.stroke, shape.shown.localName !== "line" && shape.fill];
      const best = Math.max(...paints.filter(Boolean).map(paint => ratio(over(paint, background), background)));
      if (!worst || best < worst.ratio) worst = { ratio: best, background };
    }
    return worst && worst.ratio < (isText ? TEXT : LINE) ? worst : null;
  }

  const faults = [];
  const named = (svg, element) => `${svg.closest("[aria-label]")?.ariaLabel.slice(0, 40) ?? "?"}… `
    + `<${element.localName}> ${element.textContent.trim() || element.getAttribute("style")}`;
  for (const svg of root.querySelectorAll("svg:not(button svg, summary svg, .katex svg)")) {
    const page = pageBehind(svg), areas = [];
    for (const element of svg.querySelectorAll("*")) {
      if (element.closest("defs, clipPath, title, desc") || ["g", "tspan", "a"].includes(element.localName)) continue;
      if (!element.checkVisibility()) continue;
      try {
        const shape = painted(element);
        if (!shape.fill && !shape.stroke) continue;
        const fault = element.closest(".decoration") ? null : judge(shape, areas, page);
        if (fault) faults.push(`${fault.ratio.toFixed(2)} on rgb(${fault.background.map(Math.round)}): ${named(svg, element)}`);
        if (shape.fill && element.localName !== "text") areas.push(shape);
      } catch (error) {
        faults.push(`cannot be judged (${error.message}): ${named(svg, element)}`);
      }
    }
  }
  return faults;
}
