// The filters as a sheet, on screens too narrow for them beside the table.
export function installSheet() {
  const side = document.querySelector(".explorer-side");
  const main = [document.querySelector(".explorer-main"), document.querySelector("header")];
  let opener = null;

  function close() {
    side.classList.remove("open");
    for (const one of main) one.inert = false;
    document.querySelector("[data-open-filters]")?.focus();
    opener = null;
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-filters]")) {
      opener = event.target;
      side.classList.add("open");
      for (const one of main) one.inert = true;
      side.querySelector("[data-close-filters]").focus();
    } else if (event.target.closest("[data-close-filters]") || (opener && event.target === side)) {
      close();
    }
  });
  document.addEventListener("submit", () => opener && close());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opener) close();
  });
}
