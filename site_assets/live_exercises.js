// A live page of exercises: answers and passed checks are kept in this browser, and nowhere else.

const KEPT = `trpo-answers:${location.pathname.split("/").pop()}`;
const nothing = () => ({ answers: {}, words: {}, passed: [] });
const checks = [...document.querySelectorAll("div.cell:has(> .exercise-verdict)")];
const tally = document.createElement("p");

function kept() {
  try {
    return { ...nothing(), ...JSON.parse(localStorage.getItem(KEPT)) };
  } catch { // the reader forbids storage, or somebody wrote into it: then nothing is kept
    return nothing();
  }
}

function keep(progress) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(progress));
  } catch { /* as above */ }
}

function solutionOf(check) {
  const solutions = [...document.querySelectorAll(".exercise-solution")];
  return solutions.findLast((one) => one.compareDocumentPosition(check) & Node.DOCUMENT_POSITION_FOLLOWING);
}

function showTally() {
  const { passed } = kept();
  for (const [i, check] of checks.entries()) check.classList.toggle("exercise-passed", passed.includes(i));
  tally.textContent = passed.length ? `Checks passed in this browser: ${passed.length} of ${checks.length}.` : "";
}

function said(cell) {
  return cell.outputs.flatMap((output) => output.text ?? output.data?.["text/plain"] ?? "").join("");
}

// The verdict that the book printed was about its own solution: a live page begins without one.
function clearVerdicts() {
  for (const check of checks) {
    check.querySelector(":scope > .exercise-verdict").textContent = "Run this check when you have answered.";
    check.querySelector(":scope > .cell_output")?.remove();
  }
}

function keepAnswers() {
  for (const [i, cell] of document.querySelectorAll(".thebe-cell").entries()) {
    const editor = cell.querySelector(".CodeMirror").CodeMirror;
    const answer = kept().answers[i];
    if (answer !== undefined) editor.setValue(answer);
    editor.on("change", () => {
      const progress = kept();
      progress.answers[i] = editor.getValue();
      keep(progress);
    });
  }
}

// No check can judge an answer in words: it is written above the model answer, which stays folded.
function offerFields() {
  for (const [i, model] of document.querySelectorAll(".exercise-words").entries()) {
    const label = document.createElement("label");
    const field = Object.assign(document.createElement("textarea"), { rows: 8, value: kept().words[i] ?? "" });
    field.oninput = () => {
      const progress = kept();
      progress.words[i] = field.value;
      keep(progress);
    };
    label.className = "live-words";
    label.append("Your answer, in words", field);
    model.before(label);
  }
}

function hearChecks() {
  const editors = [...document.querySelectorAll(".thebe-cell")];
  window.thebe.on("status", (_, { subject, status, object }) => {
    if (subject !== "cell" || status !== "idle") return;
    const box = editors.find((editor) => editor.dataset.thebeId === object.id);
    const i = checks.indexOf(box?.closest("div.cell"));
    if (i < 0) return;
    const progress = kept();
    const passed = said(object).startsWith("PASS");
    progress.passed = progress.passed.filter((one) => one !== i).concat(passed ? [i] : []);
    keep(progress);
    if (passed) solutionOf(checks[i])?.setAttribute("open", "");
    showTally();
  });
}

function offerForgetting() {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "Forget my answers" });
  button.onclick = () => {
    try { localStorage.removeItem(KEPT); } catch { /* nothing was kept */ }
    location.reload();
  };
  document.querySelector(".live-controls").lastElementChild.before(button);
}

document.querySelector(".live-offer").append(tally);
showTally();
document.addEventListener("go-live", clearVerdicts);
document.addEventListener("live", () => {
  keepAnswers();
  offerFields();
  hearChecks();
  offerForgetting();
});
