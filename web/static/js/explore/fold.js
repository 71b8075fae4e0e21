// The plots above the table: on a phone they are folded at first, and anywhere as they were left.
// Loaded where they stand, so that nothing moves.
{
  const KEY = "gas-plots";
  const fold = document.querySelector(".summary-fold");
  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is switched off
    }
  };
  const small = window.matchMedia("(max-width: 47.99rem)").matches;
  if (fold.open) fold.open = (remembered() ?? (small ? "folded" : "open")) === "open";
  fold.querySelector("summary").addEventListener("click", () => {
    try {
      localStorage.setItem(KEY, fold.open ? "folded" : "open"); // it changes after the click
    } catch {
      // It then holds for this page only.
    }
  });
}
