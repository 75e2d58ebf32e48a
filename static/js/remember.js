// <details data-remember="key">: stays open, or closed, on the next page too.

const PREFIX = "antechamber-open-";

function stored(key) {
  try {
    return localStorage.getItem(PREFIX + key) === "1";
  } catch {
    return false;
  }
}

document.addEventListener(
  "toggle",
  (event) => {
    const key = event.target.dataset?.remember;
    if (!key) return;
    try {
      if (event.target.open) localStorage.setItem(PREFIX + key, "1");
      else localStorage.removeItem(PREFIX + key);
    } catch {
      // Without storage it is closed on the next page.
    }
  },
  true,
);

// Opened once htmx listens, so that what is fetched on opening is fetched.
addEventListener("load", () => {
  for (const part of document.querySelectorAll("details[data-remember]")) part.open = stored(part.dataset.remember);
});
