// The status page: looked at again every few seconds, and only what changed in level is announced.
import { getFragment, poll } from "./poll.js";
import { localTimes } from "./times.js";

const announce = document.getElementById("announce");

async function step() {
  const current = document.getElementById("status");
  const fresh = await getFragment(window.location.href, "#status");
  if (!fresh) {
    announce.textContent = "The server does not answer just now; trying again.";
    return "same";
  }
  const adopted = document.adoptNode(fresh);
  localTimes(adopted);
  if (adopted.dataset.level !== current.dataset.level) {
    announce.textContent = adopted.querySelector("#sentence").textContent;
    document.title = `Status: ${announce.textContent} · GAS`;
  }
  current.replaceWith(adopted);
  return "same";
}

localTimes(document);
poll(step);
