// The list of jobs: kept up to date while something changes, with ticks, and a key for the search.
import { countDown } from "./countdown.js";
import { showAgo } from "./jobs/ago.js";
import { picking } from "./jobs/pick.js";
import { patch, remember } from "./jobs/patch.js";
import { offerSample } from "./jobs/sample.js";
import { getFragment, poll } from "./poll.js";
import { localTimes } from "./times.js";

const list = document.getElementById("jobs");

function announce(states) {
  if (!states.length) return;
  const [[name, state]] = states;
  const words = states.length === 1 ? `${name}: ${state}.` : `${states.length} jobs have changed.`;
  document.getElementById("announce").textContent = words;
}

/** The list itself is another one by now: say so, and let the reader decide when it moves. */
function offerFresh() {
  if (list.querySelector(".fresh")) return;
  const link = document.createElement("a");
  link.className = "btn btn-sm btn-secondary fresh";
  link.href = window.location.href;
  link.textContent = "The list has changed: show it as it is now";
  list.querySelector(".pager").before(link);
}

async function step() {
  const fresh = await getFragment(window.location.href, "#jobs");
  if (!fresh) return "same";
  const live = fresh.hasAttribute("data-live");
  const { changed, moved, states } = patch(list, fresh);
  if (changed) countDown(list, () => {});
  showAgo(list);
  if (moved) offerFresh();
  announce(states);
  if (!live) return "stop";
  return changed ? "changed" : "same";
}

if (list) {
  remember(list);
  countDown(list, () => {});
  const chosen = document.getElementById("chosen");
  if (chosen) picking(chosen);
  if (list.hasAttribute("data-live")) poll(step);
}
localTimes(document);
if (list) {
  showAgo(list);
  setInterval(() => showAgo(list), 30_000);
}
const sample = document.getElementById("sample");
if (sample) offerSample(sample);
document.addEventListener("keydown", (event) => {
  const search = document.getElementById("q");
  if (event.key !== "/" || !search || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  search.focus();
  search.select();
});
