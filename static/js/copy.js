// Copy buttons: <button data-copy="text">, hidden until the browser is known to be able to copy.
// The word in [data-copy-label] says for a moment that it was done.

function enhance(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const label = button.querySelector("[data-copy-label]");
  const before = label?.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    if (label) label.textContent = "Copied";
  } catch {
    if (label) label.textContent = "Not copied: please select it by hand";
  }
  if (label) setTimeout(() => (label.textContent = before), 2000);
});

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
