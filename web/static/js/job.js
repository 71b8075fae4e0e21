// The page of one job: shows progress until the job is finished, then how it stands with the
// results: until when they can be downloaded, and how far they are on their way back.
import { countDown } from "./countdown.js";
import { getFragment, getJson, poll } from "./poll.js";
import { localTimes } from "./times.js";

const numbers = new Intl.NumberFormat("en");
const RESULTS = {
  open: "The results can be downloaded now.",
  over: "The time to download the results is over.",
  archived: "The results are in the archive.",
  restoring: "The results are coming back from the archive.",
};

const shown = () => document.getElementById("job");

function show(job) {
  const set = (id, text) => {
    const element = document.getElementById(id);
    if (element && text && element.textContent !== text) element.textContent = text;
  };
  const bar = document.getElementById("bar");
  if (bar && job.progress.percent > 0) bar.value = job.progress.percent; // else: it is starting
  const percent = `${Math.round(job.progress.percent)}`;
  set("percent", percent);
  set("records", numbers.format(job.progress.records_done));
  set("queue", job.words.queue);
  set("estimate", job.words.estimate);
  set("speed", job.words.speed);
  set("stage", job.words.stage);
  title(job.job_status, percent);
}

/** The tab says how far it is, also while nobody looks at the page. */
function title(status, percent) {
  const sign = { RUNNING: `${percent} % · `, PENDING: "Waiting · " }[status] ?? "";
  document.title = `${sign}${shown().dataset.name} · GAS`;
}

// The same as `glimpse` in web/annotations/documents.py.
function glimpse(job) {
  return JSON.stringify([
    job.job_status,
    job.attempts,
    job.results_state,
    job.results_url !== null,
    job.expected_at,
    job.worker_alive,
    (job.restoring ?? []).filter((file) => file.back_at !== null).length,
  ]);
}

function announce(before, now) {
  const words =
    now.dataset.status === before.dataset.status
      ? (before.dataset.results !== now.dataset.results && RESULTS[now.dataset.results]) || ""
      : `The job is now ${now.dataset.status.toLowerCase()}.`;
  if (words) document.getElementById("announce").textContent = words;
}

async function swap() {
  const current = shown();
  const fresh = await getFragment(window.location.href, "#job");
  if (!fresh) return false;
  const adopted = document.adoptNode(fresh);
  localTimes(adopted);
  // Somebody who reads a link's label with the keyboard on it keeps their place.
  const focused = current.contains(document.activeElement) ? document.activeElement.id : "";
  current.replaceWith(adopted);
  if (focused) document.getElementById(focused)?.focus();
  announce(current, adopted);
  countDown(adopted, swap);
  title(adopted.dataset.status, document.getElementById("percent")?.textContent ?? "0");
  return true;
}

async function step() {
  const job = await getJson(shown().dataset.json);
  if (!job) return "lost";
  if (glimpse(job) !== JSON.stringify(JSON.parse(shown().dataset.glimpse))) {
    if (!(await swap())) return "lost";
    return shown().hasAttribute("data-live") ? "changed" : "stop";
  }
  const before = shown().textContent;
  show(job);
  return shown().textContent === before ? "same" : "changed";
}

function lost(away) {
  document.getElementById("connection").hidden = !away;
  document.getElementById("announce").textContent = away
    ? "The connection to the server is lost."
    : "The connection to the server is back.";
}

localTimes(document);
countDown(document, swap);
if (shown().hasAttribute("data-live")) poll(step, lost);
