// Rows that can be added and removed: [data-repeat] holds [data-repeat-rows] with [data-repeat-row]s, a <template data-repeat-template> in which
// "__index__" stands for the number of the row, and [data-repeat-add]; each row has [data-repeat-remove].
// The server shows spare rows for browsers without JavaScript; here empty ones at the end are taken away beyond data-minimum.
const HOLE = "__index__";

function rows(group) {
  return [...group.querySelectorAll(":scope > [data-repeat-rows] > [data-repeat-row]")];
}

function empty(row) {
  return [...row.querySelectorAll("input, textarea, select")].every((element) => {
    if (element.type === "hidden") return true;
    if (element.type === "checkbox" || element.type === "radio") return element.checked === element.defaultChecked;
    if (element.tagName === "SELECT") return [...element.options].every((option, i) => option.selected === (option.defaultSelected || (i === 0 && !element.querySelector("[selected]"))));
    return element.value.trim() === "";
  });
}

function nextIndex(group) {
  let next = 0;
  for (const element of group.querySelectorAll("[name]")) {
    const number = /-(\d+)-[^-]+$/.exec(element.name);
    if (number) next = Math.max(next, Number(number[1]) + 1);
  }
  return Math.max(next, Number(group.dataset.next ?? 0));
}

function fillHole(root, index) {
  for (const element of root.querySelectorAll("*")) {
    for (const attribute of [...element.attributes]) {
      if (attribute.value.includes(HOLE)) element.setAttribute(attribute.name, attribute.value.replaceAll(HOLE, index));
    }
    if (element.tagName === "TEMPLATE") fillHole(element.content, index);
  }
}

function add(group) {
  const index = nextIndex(group);
  group.dataset.next = String(index + 1);
  const copy = group.querySelector(":scope > template[data-repeat-template]").content.cloneNode(true);
  fillHole(copy, index);
  const row = copy.querySelector("[data-repeat-row]");
  for (const element of row.querySelectorAll("[data-needs-js]")) element.hidden = false;
  for (const element of row.querySelectorAll("[data-no-js]")) element.hidden = true;
  group.querySelector(":scope > [data-repeat-rows]").append(row);
  row.dispatchEvent(new CustomEvent("crm:added", { bubbles: true }));
  return row;
}

function enhance(group) {
  const template = group.querySelector(":scope > template[data-repeat-template]");
  if (!template || group.dataset.enhanced) return;
  group.dataset.enhanced = "";
  group.dataset.next = String(nextIndex(group));
  const minimum = Number(group.dataset.minimum ?? 0);
  for (const row of rows(group).reverse()) {
    if (rows(group).length <= minimum || !empty(row)) break;
    row.remove();
  }
}

document.addEventListener("click", (event) => {
  const adder = event.target.closest?.("[data-repeat-add]");
  if (adder) {
    const row = add(adder.closest("[data-repeat]"));
    row.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    return;
  }
  const remover = event.target.closest?.("[data-repeat-remove]");
  if (!remover) return;
  const row = remover.closest("[data-repeat-row]");
  const group = row.closest("[data-repeat]");
  const near = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  group.dispatchEvent(new CustomEvent("crm:changed", { bubbles: true }));
  (near?.querySelector("input:not([type=hidden]), textarea, select") ?? group.querySelector("[data-repeat-add]"))?.focus();
});

// A draft that held more rows than the page asks for them before it fills them.
document.addEventListener("crm:need-rows", (event) => {
  for (const group of event.target.querySelectorAll("[data-repeat]")) {
    const template = group.querySelector(":scope > template[data-repeat-template]");
    const sample = template?.content.querySelector(`[name*="${HOLE}"]`)?.name;
    if (!sample) continue;
    const prefix = sample.slice(0, sample.indexOf(HOLE));
    const wanted = new Set();
    for (const name of event.detail.names) {
      const number = name.startsWith(prefix) && /^(\d+)-/.exec(name.slice(prefix.length));
      if (number) wanted.add(Number(number[1]));
    }
    for (const number of [...wanted].sort((a, b) => a - b)) {
      if (group.querySelector(`[name^="${CSS.escape(prefix + number)}-"]`)) continue;
      group.dataset.next = String(number);
      const index = nextIndex(group);
      if (index === number) add(group);
    }
  }
}, true);

function enhanceAll(root) {
  for (const group of root.querySelectorAll("[data-repeat]")) enhance(group);
}

enhanceAll(document);
document.addEventListener("htmx:load", (event) => enhanceAll(event.detail.elt));
