// Brings what is shown up to what the server would show now, cell by cell: rows stay where they
// are, and so do focus, ticks and the place on the page.
import { localTimes } from "../times.js";

const said = new WeakMap(); // what the server said of an element, before times were made local

/** Remember what the server said, before anything is changed. */
export function remember(root) {
  for (const element of changeable(root)) said.set(element, element.innerHTML);
}

function changeable(root) {
  return root.querySelectorAll("[data-cell], [data-part]");
}

/** Brings `root` up to `fresh`; whether anything changed, and whether the list itself would. */
export function patch(root, fresh) {
  const result = { changed: false, moved: false, states: [] };
  for (const part of fresh.querySelectorAll("[data-part]")) {
    result.changed = take(root.querySelector(`[data-part="${part.dataset.part}"]`), part) || result.changed;
  }
  const rows = new Map([...root.querySelectorAll("[data-job]")].map((row) => [row.dataset.job, row]));
  const freshRows = [...fresh.querySelectorAll("[data-job]")];
  result.moved = freshRows.length !== rows.size;
  for (const row of freshRows) {
    const shown = rows.get(row.dataset.job);
    if (!shown) {
      result.moved = true;
      continue;
    }
    const before = stateOf(shown);
    for (const cell of row.querySelectorAll("[data-cell]")) {
      result.changed = take(shown.querySelector(`[data-cell="${cell.dataset.cell}"]`), cell) || result.changed;
    }
    if (stateOf(shown) !== before) result.states.push([nameOf(shown), stateOf(shown)]);
  }
  return result;
}

const stateOf = (row) => row.querySelector(".chip").textContent;
const nameOf = (row) => row.querySelector(".job-name").textContent;

function take(shown, fresh) {
  const html = fresh.innerHTML;
  if (!shown || said.get(shown) === html || shown.contains(document.activeElement)) return false;
  said.set(shown, html);
  shown.replaceChildren(...document.adoptNode(fresh).childNodes);
  localTimes(shown);
  return true;
}
