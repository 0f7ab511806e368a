// Python in the reader's browser, after a click: it loads what _static/vendor/live holds, turns the page's cells into
// editors (thebe) and starts a kernel (thebe-lite, Pyodide). Why it is done this way stands in docs/decisions/live-cells.md.

const LOADED_AT_ONCE = 6;
const WIDGET_LOADER = "/require.js/"; // thebe asks a foreign host for it: the answer comes from this site
const KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel";
const FONTS = "/lib/python3.12/site-packages/matplotlib_cache"; // the list of fonts, made by tools/live/first_start.mjs
const UNABLE =
  "This browser cannot run Python: it lacks WebAssembly, or the page was opened as a file. Nothing was changed; the page can be read as before.";

const offer = document.querySelector(".live-offer");
const start = document.getElementById("run-this-page");
const report = document.getElementById("live-status");
const live = new URL(start.dataset.live, document.baseURI);

const say = (text) => { report.textContent = text; };
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const able = () => typeof WebAssembly === "object" && typeof Worker === "function" && location.protocol.startsWith("http");

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

// Before everything else in the head, so that the book's styles have the last word over thebe's.
function added(child) {
  return new Promise((done, fail) => {
    child.onload = done;
    child.onerror = () => fail(new Error(`${child.src || child.href} did not load`));
    document.head.prepend(child);
  });
}

// Into the browser's cache, where the kernel finds it: only here can the reader be told how far it is.
async function load(files, bar) {
  const waiting = [...files];
  const stop = new AbortController(); // where one part does not come, the others have nothing more to say
  async function work() {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const answer = await fetch(new URL(file.path, live), { signal: stop.signal });
      if (!answer.ok) throw new Error(`${file.path}: ${answer.status} ${answer.statusText}`);
      const [kind, rest] = file.path.split("/");
      const name = kind === "python" ? rest.split("-")[0] : "the editor";
      const reader = answer.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        bar.value += part.value.length;
        say(`Loading ${name}: ${megabytes(bar.value)} of ${megabytes(bar.max)} MB`);
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: LOADED_AT_ONCE }, work));
  } catch (problem) {
    stop.abort();
    throw problem;
  }
}

async function addEditor() {
  await added(element("link", { rel: "stylesheet", href: new URL("thebe/thebe.css", live) }));
  await added(element("script", { src: new URL("lite/thebe-lite.min.js", live) }));
  await added(element("script", { src: new URL("thebe/index.js", live) }));
}

// The editor comes first, and starts while Python is on its way.
async function loadAll(files, bar) {
  bar.max = files.reduce((sum, file) => sum + file.bytes, 0);
  bar.value = 0;
  const isPython = (file) => file.path.startsWith("python/");
  await load(files.filter((file) => !isPython(file)), bar);
  await Promise.all([load(files.filter(isPython), bar), addEditor()]);
}

// What thebe and JupyterLite would ask of foreign hosts, and what they do not need here.
function keepAtHome(packages) {
  const elsewhere = window.fetch;
  window.fetch = (what, ...rest) =>
    elsewhere(String(what.url ?? what).includes(WIDGET_LOADER) ? new URL("thebe/require.js", live) : what, ...rest);
  if (navigator.serviceWorker) navigator.serviceWorker.register = () => Promise.reject(new Error("not needed"));
  const startServer = window.thebeLite.startJupyterLiteServer;
  const python = {
    pyodideUrl: new URL("python/pyodide.js", live).href,
    pipliteUrls: [],
    pipliteWheelUrl: "none",
    disablePyPIFallback: true,
    loadPyodideOptions: { packages: [...packages, "pyodide_kernel"], env: { MPLCONFIGDIR: FONTS } },
  };
  window.thebeLite.startJupyterLiteServer = () => startServer({ litePluginSettings: { [KERNEL]: python } });
}

// What a cell shows is replaced when it runs; the caption below, to which the text refers, stays.
function keepCaption(output) {
  const figure = output.querySelector("figure:has(> figcaption)");
  if (!figure) return;
  const caption = element("div", { className: "live-caption", id: figure.id });
  caption.append(...figure.querySelector("figcaption").childNodes);
  output.after(caption);
  figure.querySelector("figcaption").remove();
  figure.replaceWith(...figure.childNodes);
}

// thebe takes the first output for the first cell, the second for the second: each cell must have one.
function prepareCells() {
  document.dispatchEvent(new Event("go-live"));
  for (const cell of document.querySelectorAll("div.cell:has(> .cell_input)")) {
    const output = cell.querySelector(":scope > .cell_output") ?? element("div", { className: "cell_output docutils container" });
    cell.append(output);
    keepCaption(output);
    if (output.querySelector(".jupyter-widgets, .widget-subarea, .slider-still"))
      output.replaceChildren(element("p", { className: "live-hint", textContent: "Run this cell, and the slider computes its pictures." }));
  }
  for (const copy of document.querySelectorAll(".copybtn")) copy.remove();
}

function openNotebook() {
  prepareCells();
  return window.thebe.bootstrap({
    useBinder: false, useJupyterLite: true, requestKernel: true, kernelOptions: { kernelName: "python" },
    selector: "div.cell > .cell_input pre", outputSelector: "div.cell > .cell_output",
    mountStatusWidget: false, mountActivateWidget: false,
    mountRunAllButton: false, mountRestartButton: false, mountRestartAllButton: false, // they are above, once
    mathjaxUrl: "", codeMirrorConfig: { lineNumbers: false, viewportMargin: Infinity },
  });
}

// A kernel that cannot start says so only to the console: hear it, or the reader waits for ever.
function firstAnswer(session) {
  return new Promise((done, fail) => {
    const hear = (event) => fail(new Error(String(event.reason?.message ?? event.reason)));
    addEventListener("unhandledrejection", hear);
    session.kernel.requestExecute({ code: "import matplotlib.figure, trpo_lesson" }).done.then(done, fail)
      .finally(() => removeEventListener("unhandledrejection", hear));
  });
}

function nameEditors() {
  for (const [i, cell] of document.querySelectorAll(".thebe-cell").entries()) {
    cell.querySelector(".CodeMirror textarea").setAttribute("aria-label", `Code of cell ${i + 1}`);
    const run = cell.querySelector(".thebe-run-button");
    run.textContent = "Run";
    run.setAttribute("aria-label", `Run cell ${i + 1}`);
    run.title = "Run this cell (Shift+Enter in the code)";
  }
}

function action(name, work) {
  const button = element("button", { type: "button", textContent: name });
  button.onclick = async () => {
    button.disabled = true;
    await work();
    button.disabled = false;
  };
  return button;
}

const READY = "Python is ready. Change any cell and run it, with its button or with Shift+Enter.";

async function runAll(notebook) {
  const cells = notebook.cells;
  for (const [i, cell] of cells.entries()) {
    say(`Running cell ${i + 1} of ${cells.length}`);
    const result = await cell.execute(cell.source);
    if (!result || result.error) return say(`Cell ${i + 1} of ${cells.length} raised an error; those after it were not run.`);
  }
  say(`All ${cells.length} cells were run.`);
}

// A new session, because thebe-lite's own restart never ends.
async function restart(notebook) {
  say("Python starts anew.");
  await notebook.session.shutdown();
  notebook.attachSession(await window.thebe.server.startNewSession(notebook.rendermime));
  await firstAnswer(notebook.session);
  say("Python is ready again, and knows nothing of what was run before.");
}

function offerControls(notebook) {
  start.replaceWith(
    action("Run all", () => runAll(notebook)),
    action("Restart Python", () => restart(notebook)),
    action("Back to the static page", () => location.reload()),
  );
  offer.classList.add("live-controls");
}

async function goLive() {
  start.disabled = true;
  const bar = element("progress", { className: "live-progress" });
  bar.setAttribute("aria-label", "Loading Python");
  report.after(bar);
  try {
    const { files, packages } = await (await fetch(new URL("manifest.json", live))).json();
    await loadAll(files, bar);
    bar.removeAttribute("value"); // how long the start takes, nobody knows
    say("Starting Python");
    keepAtHome(packages);
    const { notebook, session } = await openNotebook();
    nameEditors();
    await firstAnswer(session);
    offerControls(notebook);
    document.dispatchEvent(new Event("live"));
    say(READY);
  } catch (problem) {
    say(`Python could not be started: ${problem.message}. Reload the page to read it as before.`);
  }
  bar.remove();
}

offer.hidden = false;
start.onclick = () => (able() ? goLive() : say(UNABLE));
