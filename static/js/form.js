// Every form that posts: one submission per click; Ctrl+Enter saves; a warning before unsaved changes are left.
//   form[data-guard]          warn before leaving with changes that were not saved
//   form[data-allow-repeat]   may be sent again at once (downloads)
const RELEASE_AFTER = 15000; // a slow server or a download: the button works again; the server's idempotency key does the rest

const dirty = new WeakSet();
let leaving = false;

function buttons(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

function hold(form) {
  form.dataset.sending = "";
  for (const button of buttons(form)) button.setAttribute("aria-disabled", "true");
}

function release(form) {
  delete form.dataset.sending;
  for (const button of buttons(form)) button.removeAttribute("aria-disabled");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "allowRepeat" in form.dataset) return;
  if ("sending" in form.dataset) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return; // htmx sends it, or somebody refused it
  hold(form);
  leaving = true;
  setTimeout(() => {
    release(form);
    leaving = false;
  }, RELEASE_AFTER);
});

window.addEventListener("pageshow", () => {
  leaving = false;
  for (const form of document.querySelectorAll("form[data-sending]")) release(form);
});

function changed(event) {
  const form = event.target.form ?? event.target.closest?.("form");
  if (form && "guard" in form.dataset && event.isTrusted !== false) dirty.add(form);
}

document.addEventListener("input", changed);
document.addEventListener("change", changed);
document.addEventListener("crm:changed", (event) => {
  const form = event.target.closest("form");
  if (form && "guard" in form.dataset) dirty.add(form);
});
document.addEventListener("crm:saved", (event) => dirty.delete(event.target));

window.addEventListener("beforeunload", (event) => {
  if (leaving) return;
  for (const form of document.querySelectorAll("form[data-guard]")) {
    if (dirty.has(form)) event.preventDefault();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.form ?? event.target.closest?.("form");
  if (!form || form.method !== "post") return;
  event.preventDefault();
  form.requestSubmit(buttons(form)[0]);
});
