// Keys for the table: arrows move from variant to variant, Home and End to the first and last of
// the page, a slash goes to the search field.
export function installKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const inField = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !inField) {
      event.preventDefault();
      document.getElementById("f-q")?.focus();
      return;
    }
    if (inField || !event.target.closest?.(".grid-scroll")) return;
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || !rows[to]) return;
    event.preventDefault();
    rows[to].focus();
    rows[to].closest("tr").scrollIntoView({ block: "nearest" });
  });
}
