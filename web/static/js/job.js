// The page of one job: shows progress until the job is finished, then the finished page.
import { getFragment, getJson, poll } from "./poll.js";
import { localTimes } from "./times.js";

const numbers = new Intl.NumberFormat("en");

function show(job) {
  const set = (id, text) => {
    const element = document.getElementById(id);
    if (element) element.textContent = text;
  };
  const bar = document.getElementById("bar");
  if (bar && job.progress.percent > 0) bar.value = job.progress.percent; // else: it is starting
  set("percent", Math.round(job.progress.percent));
  set("records", numbers.format(job.progress.records_done));
  set("attempts", job.attempts);
}

async function swap() {
  const current = document.getElementById("job");
  const fresh = await getFragment(window.location.href, "#job");
  if (!fresh) return false;
  const adopted = document.adoptNode(fresh);
  localTimes(adopted);
  current.replaceWith(adopted);
  document.getElementById("announce").textContent =
    `The job is now ${adopted.dataset.status.toLowerCase()}.`;
  return true;
}

let last = "";

async function step() {
  const current = document.getElementById("job");
  const job = await getJson(current.dataset.json);
  if (!job) return "same";
  const key = JSON.stringify([job.job_status, job.attempts]);
  if (job.job_status !== current.dataset.status || (last && key !== last)) {
    if (!(await swap())) return "same";
    last = key;
    return document.getElementById("job").hasAttribute("data-live") ? "changed" : "stop";
  }
  const before = document.getElementById("records")?.textContent;
  show(job);
  last = key;
  return document.getElementById("records")?.textContent === before ? "same" : "changed";
}

localTimes(document);
if (document.getElementById("job").hasAttribute("data-live")) poll(step);
