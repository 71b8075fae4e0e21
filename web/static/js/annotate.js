// The upload page: checks the file, has the upload signed, and sends it straight to S3.
import { brokenOff, Cancelled, sendInParts } from "./parts.js";
import { postForm, Refused } from "./s3.js";

const form = document.getElementById("upload");
const input = document.getElementById("file");
const drop = document.getElementById("drop");
const send = document.getElementById("send");
const sample = document.getElementById("sample");
const strict = document.getElementById("strict");
const offer = document.getElementById("offer"); // only on a plan that another one goes beyond
const problem = document.getElementById("problem");
const sending = document.getElementById("sending");
const bar = document.getElementById("bar");
const sendingText = document.getElementById("sending-text");

const cancel = document.getElementById("cancel");

const maxBytes = Number(form.dataset.maxBytes);
const partsFrom = Number(form.dataset.partsFrom);
let file = null;
let cancelling = null;

function inWords(bytes) {
  const units = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]];
  for (const [name, size] of units) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${name}`;
  }
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function faultOf(chosen) {
  if (chosen.size === 0) return "The file is empty. Choose a VCF file with content.";
  if (chosen.size > maxBytes) {
    return (
      `This file (${inWords(chosen.size)}) is above the limit of the ${form.dataset.plan} plan, ` +
      `${form.dataset.limit}. Compress it with bgzip or gzip, ` +
      (offer ? "split it, or upgrade to Premium." : "or split it.")
    );
  }
  return "";
}

function choose(chosen) {
  const fault = faultOf(chosen);
  file = fault ? null : chosen;
  document.getElementById("chosen-name").textContent = chosen.name;
  document.getElementById("chosen-note").textContent = inWords(chosen.size);
  drop.classList.add("chosen");
  send.disabled = !file;
  if (offer) offer.hidden = chosen.size <= maxBytes;
  complain(fault);
}

function busy(active) {
  for (const control of [send, sample, input, strict]) if (control) control.disabled = active;
  form.setAttribute("aria-busy", String(active));
  sending.hidden = !active;
  cancel.hidden = true;
}

async function sign(chosen) {
  const answer = await fetch(form.dataset.signUrl, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/problem+json, application/json;q=0.9",
      "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
    },
    body: JSON.stringify({ file_name: chosen.name, size: chosen.size, strict: strict.checked }),
  });
  const document_ = await answer.json();
  if (!answer.ok) throw new Refused(`${document_.detail} ${document_.remedy}`.trim());
  return document_;
}

function progress(sent, total) {
  const percent = total ? (100 * sent) / total : 0;
  bar.value = percent;
  sendingText.textContent =
    sent < total
      ? `Uploading: ${inWords(sent)} of ${inWords(total)} (${Math.floor(percent)} %)`
      : "Uploaded. Starting the job…";
}

function duration(seconds) {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`;
}

/** Shows speed and time left besides, from what arrived in the last half minute. */
function paced(total) {
  const marks = [];
  return (sent) => {
    progress(sent, total);
    const now = performance.now();
    marks.push([now, sent]);
    while (marks.length > 2 && now - marks[0][0] > 30_000) marks.shift();
    const [since, before] = marks[0];
    const speed = (sent - before) / ((now - since) / 1000);
    if (sent < total && now - since > 2000 && speed > 0) {
      const left = duration((total - sent) / speed);
      sendingText.textContent += ` · ${inWords(speed)}/s · ${left} left`;
    }
  };
}

async function sendWhole(chosen) {
  const signed = await sign(chosen);
  await postForm(signed.url, signed.fields, chosen, progress);
  return signed.done;
}

async function sendLarge(chosen) {
  cancelling = new AbortController();
  cancel.hidden = false;
  return sendInParts(chosen, strict.checked, {
    urls: form.dataset.partsUrl,
    onProgress: paced(chosen.size),
    signal: cancelling.signal,
  });
}

async function upload(chosen) {
  complain("");
  busy(true);
  progress(0, chosen.size);
  try {
    const done = await (chosen.size > partsFrom ? sendLarge(chosen) : sendWhole(chosen));
    window.location.assign(done);
  } catch (error) {
    busy(false);
    send.disabled = !file;
    if (error instanceof Cancelled) return;
    if (error instanceof Refused) complain(error.message);
    else complain("The connection was lost. Check it, then press the button once more.");
  }
}

async function useSample() {
  busy(true);
  try {
    const answer = await fetch(sample.dataset.url, { redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      throw new Refused("You are not logged in any more. Load this page again to log in.");
    }
    if (!answer.ok) throw new Refused("The sample cannot be read just now. Try again in a minute.");
    choose(new File([await answer.blob()], sample.dataset.name));
  } catch (error) {
    busy(false);
    complain(error instanceof Refused ? error.message : "The connection was lost. Try again.");
    return;
  }
  if (file) await upload(file);
}

input.addEventListener("change", () => {
  if (input.files.length) choose(input.files[0]);
});
for (const kind of ["dragenter", "dragover"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  drop.addEventListener(kind, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (input.disabled || !event.dataTransfer.files.length) return;
  choose(event.dataTransfer.files[0]);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (file) upload(file);
});
sample?.addEventListener("click", useSample);
cancel.addEventListener("click", () => cancelling?.abort());
// A page that comes back from the browser's cache must be usable again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  busy(false);
  send.disabled = !file;
});
form.hidden = false;
const [interrupted] = brokenOff();
if (interrupted) {
  const hint = document.getElementById("interrupted");
  hint.textContent =
    `The upload of ${interrupted} broke off. Choose the same file, and it goes on where it was.`;
  hint.hidden = false;
}
// Some browsers keep the choice when a page is loaded again.
if (input.files.length) choose(input.files[0]);
