// Print buttons: <button data-print>, hidden until there is JavaScript. In a menu, the menu is closed first.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-print]");
  if (!button) return;
  button.closest("details")?.removeAttribute("open");
  window.print();
});
