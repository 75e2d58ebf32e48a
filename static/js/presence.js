// Before a form with typed words or chosen files is sent, the server is asked whether the member is still signed in. If not,
// or if it does not answer, the form stays as it is, files included, and a dialog says what to do; once the member is back
// it is sent. Applies to form[data-draft], forms with files and those in .inline-edit. A file larger than input[data-limit] says (bytes), and files
// that take more than twice that together, are refused at once, before anything is sent. Where a part of a page could not be sent (htmx), the dialog says so.
const PATIENCE = 6000;
const OVERHEAD = 1048576; // of a request: the words of the form

const dialog = document.getElementById("presence");
const asking = new WeakSet();
const passed = new WeakSet();
let waiting = null; // what is to be done once the member is back

function words(name) {
  for (const part of dialog.querySelectorAll("[data-presence]")) part.hidden = part.dataset.presence !== name;
  if (!dialog.open) dialog.showModal();
}

async function ask() {
  try {
    const answer = await fetch(dialog.dataset.url, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!answer.ok) return { state: "silent" };
    const told = await answer.json();
    if (told.member === null) return { state: "out", signIn: told.sign_in };
    if (told.member !== document.body.dataset.member) return { state: "other" };
    return { state: "in", token: told.token };
  } catch {
    return { state: "silent" };
  }
}

function renew(token) {
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
}

async function go(action) {
  const found = await ask();
  if (found.state === "in") {
    renew(found.token);
    waiting = null;
    if (dialog.open) dialog.close();
    action();
    return;
  }
  waiting = action;
  const link = dialog.querySelector("[data-presence-sign-in]");
  if (found.signIn) link.href = found.signIn;
  link.hidden = found.state === "out" && !found.signIn;
  words(found.state);
}

function tooLarge(form) {
  for (const input of form.querySelectorAll("input[type=file][data-limit]")) {
    const limit = Number(input.dataset.limit);
    const mb = (bytes) => (bytes / 1048576).toLocaleString(undefined, { maximumFractionDigits: 1 });
    const large = [...input.files].find((file) => file.size > limit);
    const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
    if (!large && size <= 2 * limit - OVERHEAD) continue;
    const words = large
      ? `“${large.name}” has ${mb(large.size)} MB; a file may have at most ${mb(limit)} MB.`
      : `These files take ${mb(size)} MB; at most ${mb(2 * limit)} MB can be sent at once.`;
    input.setCustomValidity(words);
    for (let fold = input.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    input.reportValidity();
    return true;
  }
  return false;
}

function isCareful(form) {
  return form.method === "post" && ("draft" in form.dataset || form.querySelector("input[type=file]") !== null || form.closest(".inline-edit") !== null);
}

if (dialog) {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!isCareful(form) || form.hasAttribute("hx-post")) return;
      if (passed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (asking.has(form) || tooLarge(form)) return;
      asking.add(form);
      const button = event.submitter;
      go(() => {
        passed.add(form);
        form.requestSubmit(button);
      }).finally(() => asking.delete(form));
    },
    true,
  );

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("input[type=file][data-limit]")) event.target.setCustomValidity("");
  });

  for (const type of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(type, async (event) => {
      if (event.detail.requestConfig?.verb === "get") return;
      const found = await ask();
      if (found.state === "in") {
        renew(found.token);
        words("unsaved");
      } else go(() => words("unsaved"));
    });
  }

  dialog.querySelector("[data-presence-again]").addEventListener("click", () => {
    if (waiting) go(waiting);
    else dialog.close();
  });
  dialog.addEventListener("close", () => {
    waiting = null;
  });
  // Back from the tab in which they signed in.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && dialog.open && waiting) go(waiting);
  });
  window.addEventListener("focus", () => {
    if (dialog.open && waiting) go(waiting);
  });
}
