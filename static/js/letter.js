// A letter's recipients, worked through with the keyboard. Without JavaScript the same form is sent the plain way.
//   form[data-letter-steps]    holds the rows; a [data-step] button marks a step for the rows chosen
// A step's key (shortcuts.js clicks its button) is for the row one is on when no row is chosen. After each step the page is
// brought up to date in place, and the row one was on has the focus again.

let place = null;

function stepKey(form, key) {
  return form.querySelector(`[data-step][data-shortcut="${CSS.escape(key)}"]`);
}

function rowNow(form) {
  return document.activeElement?.closest?.("tbody tr") ?? form.querySelector("tr.is-current");
}

document.addEventListener(
  "keydown",
  (event) => {
    const form = document.querySelector("form[data-letter-steps]");
    if (!form || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches?.("textarea, select, input:not([type=checkbox])")) return;
    if (!stepKey(form, event.key)) return;
    if ([...form.elements].some((element) => element.matches("input[data-select]:checked"))) return;
    const box = rowNow(form)?.querySelector("input[data-select]");
    if (box) box.click();
    else {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest?.("form[data-letter-steps]");
  if (form) place = rowNow(form)?.id ?? null;
});

document.addEventListener("htmx:afterSettle", (event) => {
  // Other parts of the page, such as its history, come in at their own time.
  if (!place || !event.target.querySelector?.("form[data-letter-steps]")) return;
  const row = document.getElementById(place);
  place = null;
  if (!row) return;
  row.classList.add("is-current");
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
});

// What is no page of ours to put in place (signed out, no connection) is asked for the plain way, which says so.
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => {
    if (event.target.closest?.("form[data-letter-steps]")) location.reload();
  });
}
