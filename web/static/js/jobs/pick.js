// Ticking jobs: a page at once, a span with the shift key, with the arrows up and down; and the
// bar that says what can be done with them.

export function picking(form) {
  const bar = document.getElementById("bulk");
  const page = document.getElementById("pick-page");
  const everything = document.getElementById("pick-all");
  const count = document.getElementById("bulk-count");
  const total = document.getElementById("all-count")?.textContent;
  const boxes = [...form.querySelectorAll('input[name="job"]')];
  let last = null;
  bar.classList.add("floating");

  function show() {
    const ticked = boxes.filter((box) => box.checked).length;
    page.checked = ticked === boxes.length;
    page.indeterminate = ticked > 0 && ticked < boxes.length;
    bar.classList.toggle("idle", ticked === 0 && !everything?.checked);
    if (everything?.checked) count.textContent = total ? `All ${total} selected` : "All that match selected";
    else count.textContent = ticked ? `${ticked} selected` : "";
  }

  function tickAll(ticked) {
    for (const box of boxes) box.checked = ticked;
    if (everything && !ticked) everything.checked = false;
    show();
  }

  form.addEventListener("click", (event) => {
    const box = event.target;
    if (!boxes.includes(box)) return;
    if (event.shiftKey && last && last !== box) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      window.getSelection()?.removeAllRanges();
    }
    if (!box.checked && everything) everything.checked = false;
    last = box;
    show();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tickAll(false);
    const place = boxes.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (place < 0 || !step) return;
    event.preventDefault();
    boxes[place + step]?.focus();
  });
  page.addEventListener("change", () => tickAll(page.checked));
  everything?.addEventListener("change", () => (everything.checked ? tickAll(true) : show()));
  window.addEventListener("pageshow", show); // a browser that goes back ticks them again
  show();
}
