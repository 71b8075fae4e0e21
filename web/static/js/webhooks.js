// The page of a webhook endpoint: while a delivery is being tried, its log is kept up to date.
import "./tokens.js";
import { getFragment, poll } from "./poll.js";
import { localTimes } from "./times.js";

const log = document.querySelector("[data-log]");

/** Show the log as it is now, unless somebody reads in it. */
async function renew() {
  if (!log.querySelector("[data-trying]")) return "stop";
  if (log.querySelector("details[open]")) return "same";
  const fresh = await getFragment(log.dataset.log, "[data-log]");
  if (!fresh) return "lost";
  log.replaceChildren(...fresh.childNodes);
  localTimes(log);
  return "changed";
}

poll(renew);
