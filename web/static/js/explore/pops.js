// Menus that open below a button (<details data-pop>): one at a time, Escape and a click beside them
// close them.
export function installPops() {
  const opened = () => document.querySelectorAll("details[data-pop][open]");
  document.addEventListener("click", (event) => {
    for (const pop of opened()) if (!pop.contains(event.target)) pop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const pop of opened()) {
      pop.open = false;
      pop.querySelector("summary").focus();
    }
  });
}
