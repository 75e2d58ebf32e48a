// What the server makes of what is being typed.
//   input[data-when-preview="URL"]   GET URL?text=…&<fields named in data-with>, answer {"ok": true, "text": "Monday 11 May 2026"};
//                                    shown in <output id="<input id>-preview">
//   [data-hints="URL"]               POST of the form's fields named in data-with (and the token); the answer, an HTML fragment,
//                                    replaces the content of the region
const DELAY = 350;

function named(form, names) {
  return [...form.elements].filter((element) => {
    if (!element.name || element.disabled) return false;
    const base = names.some((name) => element.name === name || element.name.startsWith(`${name}-`));
    return base && (!["checkbox", "radio"].includes(element.type) || element.checked);
  });
}

function words(element) {
  return (element.dataset.with ?? "").split(/\s+/).filter(Boolean);
}

function later(work) {
  let timer = 0;
  let controller = null;
  return () => {
    clearTimeout(timer);
    controller?.abort();
    timer = setTimeout(async () => {
      controller = new AbortController();
      try {
        await work(controller.signal);
      } catch {
        // aborted by newer typing, or no connection: the server says it again when the form is sent
      }
    }, DELAY);
  };
}

// What the field was refused for when the form came back no longer stands beside what is now right.
function corrected(input) {
  document.getElementById(`${input.id}-error`)?.remove();
  input.removeAttribute("aria-invalid");
}

function preview(input) {
  const output = document.getElementById(`${input.id}-preview`);
  if (!output) return;
  const show = later(async (signal) => {
    if (!input.value.trim()) {
      output.textContent = "";
      return;
    }
    const url = new URL(input.dataset.whenPreview, location.href);
    url.searchParams.set("text", input.value);
    for (const element of named(input.form, words(input))) url.searchParams.append(element.name, element.value);
    const answer = await fetch(url, { signal, headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const understood = await answer.json();
    output.textContent = understood.text;
    output.dataset.state = understood.ok ? "ok" : "bad";
    if (understood.ok) corrected(input);
  });
  input.addEventListener("input", show);
  input.addEventListener("crm:refilled", show);
  const others = new Set(words(input));
  input.form?.addEventListener("change", (event) => others.has(event.target.name) && show());
  if (input.value && !output.textContent.trim()) show();
}

function hints(region) {
  const form = region.closest("form");
  if (!form) return;
  const names = words(region);
  const load = later(async (signal) => {
    const body = new FormData();
    const token = form.elements.namedItem("csrf_token");
    if (token) body.set("csrf_token", token.value);
    for (const element of named(form, names)) body.append(element.name, element.value);
    const answer = await fetch(region.dataset.hints, { method: "POST", body, signal, headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) region.innerHTML = await answer.text();
  });
  const mine = (event) => {
    const name = event.target.name ?? event.target.dataset?.name ?? "";
    if (names.some((wanted) => name === wanted || name.startsWith(`${wanted}-`))) load();
  };
  for (const name of ["input", "change", "crm:changed"]) form.addEventListener(name, mine);
}

function enhance(root) {
  for (const input of root.querySelectorAll("input[data-when-preview]")) {
    if (input.dataset.previewed) continue;
    input.dataset.previewed = "";
    preview(input);
  }
  for (const region of root.querySelectorAll("[data-hints]")) {
    if (region.dataset.hinted) continue;
    region.dataset.hinted = "";
    hints(region);
  }
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
document.addEventListener("crm:added", (event) => enhance(event.target));
