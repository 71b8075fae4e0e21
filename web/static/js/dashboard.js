// The list of jobs: refreshed while one of them is not finished.
import { getFragment, poll } from "./poll.js";
import { localTimes } from "./times.js";

async function step() {
  const current = document.getElementById("jobs");
  const fresh = await getFragment(window.location.href, "#jobs");
  if (!fresh) return "same";
  const adopted = document.adoptNode(fresh);
  localTimes(adopted);
  const changed = adopted.textContent !== current.textContent;
  const focused = current.contains(document.activeElement);
  if (changed && !focused) current.replaceWith(adopted);
  if (!adopted.hasAttribute("data-live") && !focused) return "stop";
  return changed ? "changed" : "same";
}

localTimes(document);
if (document.getElementById("jobs").hasAttribute("data-live")) poll(step);
