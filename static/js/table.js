// Lists of rows.
//   .table-region[data-rows]   j/k or arrows move between rows, Enter opens the row's a[data-open] or first link, x chooses it
//   input[data-select]         one row's checkbox; Shift+click chooses all rows from the last one clicked
//   input[data-select-all]     chooses every row of its table
//   [data-bulk]                bar that appears when a row of its form is chosen; [data-bulk-count data-noun] says how many
// j, k and x work on the whole page only while single keys are switched on (shortcuts.js), else with the focus inside the table.

function boxes(root) {
  // A form's boxes may stand outside it, with form="…".
  const all = root instanceof HTMLFormElement ? [...root.elements] : [...root.querySelectorAll("input")];
  return all.filter((box) => box.matches("input[data-select]:not(:disabled)"));
}

function bodyRows(region) {
  return [...region.querySelectorAll("tbody tr")].filter((row) => row.querySelector("a, input") && !row.hidden);
}

let last = null;

function refresh(table) {
  const all = table.querySelector("input[data-select-all]");
  const mine = boxes(table);
  const chosen = mine.filter((box) => box.checked).length;
  if (all) {
    all.checked = chosen > 0 && chosen === mine.length;
    all.indeterminate = chosen > 0 && chosen < mine.length;
  }
  const scope = mine[0]?.form ?? table.closest("form");
  const bar = scope?.querySelector("[data-bulk]");
  if (!bar) return;
  const total = boxes(scope).filter((box) => box.checked).length;
  bar.hidden = total === 0;
  const count = bar.querySelector("[data-bulk-count]");
  if (count) count.textContent = `Chosen ${count.dataset.noun ?? "rows"}: ${total}`;
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.("input[data-select]")) return;
  const table = box.closest("table");
  if (event.shiftKey && last && last !== box && table.contains(last)) {
    const mine = boxes(table);
    const [from, to] = [mine.indexOf(last), mine.indexOf(box)].sort((a, b) => a - b);
    for (const between of mine.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
});

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches?.("input[data-select-all]")) {
    const table = box.closest("table");
    for (const one of boxes(table)) one.checked = box.checked;
    refresh(table);
  } else if (box.matches?.("input[data-select]")) refresh(box.closest("table"));
});

function current(region) {
  return document.activeElement?.closest?.("tbody tr") ?? region.querySelector("tr.is-current");
}

function go(region, step) {
  const rows = bodyRows(region);
  if (rows.length === 0) return;
  const at = rows.indexOf(current(region));
  const row = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
  for (const other of rows) other.classList.toggle("is-current", other === row);
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  const field = target.matches?.("textarea, select, input:not([type=checkbox])");
  if (field || document.querySelector("dialog[open]")) return;
  const inside = target.closest?.("[data-rows]");
  const anywhere = document.documentElement.dataset.shortcuts !== "off" && !target.closest?.("details[open]");
  const region = inside ?? (anywhere ? document.querySelector("[data-rows]") : null);
  if (!region) return;
  const row = current(region);
  if (event.key === "j" || (inside && event.key === "ArrowDown")) go(region, 1);
  else if (event.key === "k" || (inside && event.key === "ArrowUp")) go(region, -1);
  else if (event.key === "x" && row && region.contains(row)) row.querySelector("input[data-select]")?.click();
  else if (event.key === "Enter" && row && target === row) (row.querySelector("a[data-open]") ?? row.querySelector("a[href]"))?.click();
  else return;
  event.preventDefault();
});

function enhance(root) {
  for (const table of root.querySelectorAll("table")) if (table.querySelector("input[data-select]")) refresh(table);
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
window.addEventListener("pageshow", () => enhance(document));
