// The plan page, and the page after paying, which waits for the confirmation.
import { getFragment, poll } from "./poll.js";
import { localTimes } from "./times.js";

async function step() {
  const current = document.getElementById("confirmation");
  const fresh = await getFragment(window.location.href, "#confirmation");
  if (!fresh) return "same";
  const changed = fresh.textContent !== current.textContent;
  const adopted = document.adoptNode(fresh);
  if (changed) current.replaceWith(adopted);
  if (!adopted.hasAttribute("data-live")) return "stop";
  return changed ? "changed" : "same";
}

localTimes(document);
if (document.getElementById("confirmation")?.hasAttribute("data-live")) poll(step);
