// The upload page: takes files in, shows each as a card, and sends what is ready.
import { BrokenUploads } from "./broken.js";
import { fingerprint, recall } from "./begun.js";
import { Card, STATES } from "./card.js";
import { watchDrops, watchInput, watchPaste } from "./intake.js";
import { Item } from "./item.js";
import { tryNow } from "./net.js";
import { Pasting } from "./pasting.js";
import { Queue } from "./queue.js";
import { inWords, some } from "./words.js";

const form = document.getElementById("upload");
const input = document.getElementById("file");
const list = document.getElementById("files");
const send = document.getElementById("send");
const sample = document.getElementById("sample");
const strict = document.getElementById("strict");
const pack = document.getElementById("pack"); // only where there are several
const format = document.getElementById("format");
const transcripts = document.getElementById("transcripts");
const problem = document.getElementById("problem");
const status = document.getElementById("status");
const offer = document.getElementById("offer"); // only on a plan that another one goes beyond
const finished = document.getElementById("finished");

const settings = {
  signUrl: form.dataset.signUrl,
  partsUrl: form.dataset.partsUrl,
  preflightUrl: form.dataset.preflightUrl,
  earlierUrl: form.dataset.earlierUrl,
  partsFrom: () => Number(form.dataset.partsFrom),
  limits: {
    maxBytes: Number(form.dataset.maxBytes),
    limit: form.dataset.limit,
    plan: form.dataset.plan,
    couldUpgrade: Boolean(offer),
  },
};
const queue = new Queue();
const cards = new Map(); // item → card
const items = () => [...cards.keys()];

const say = (text) => {
  status.textContent = text;
};
function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

// ---------------------------------------------------------------------------------- files

const isSame = (one, other) =>
  one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

function add({ file, handle }) {
  if (items().some((item) => item.state !== "done" && isSame(item.file, file))) {
    say(`${file.name} is in the list already.`);
    return null;
  }
  const options = { strict: strict.checked, pack: pack?.value ?? "", ...written() };
  const item = new Item(file, settings, { handle, options });
  const card = new Card(item, { remove, send: (one) => queue.add(one), tryNow });
  cards.set(item, card);
  item.changed = changed;
  list.append(card.element);
  list.hidden = false;
  return item;
}

async function take(files) {
  complain("");
  const added = files.map(add).filter(Boolean);
  await Promise.all(added.map(check));
}

async function check(item) {
  await item.check();
  if (item.resumes) broken.taken(await fingerprint(item.file));
}

function remove(item) {
  const card = cards.get(item);
  const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
  cards.delete(item);
  card.element.remove();
  list.hidden = !cards.size;
  say(`${item.name} is no longer in the list.`);
  (next?.querySelector("button") ?? input).focus();
  tally();
}

let spoken = new Map();

function changed(item) {
  const card = cards.get(item);
  if (!card) return;
  card.render();
  const word = item.waiting ? "the connection is lost" : STATES[item.state][0];
  if (spoken.get(item) !== word) {
    spoken.set(item, word);
    if (item.state !== "checking") say(`${item.name}: ${word}.`);
    tally();
    if (item.state === "done") arrive(item);
  }
}

// ---------------------------------------------------------------------------------- all of them

/** What the button at the end says and whether it can be pressed. */
function tally() {
  const ready = items().filter((item) => item.state === "ready");
  const under = items().filter((item) => item.isOpen);
  const had = document.activeElement === send;
  send.disabled = !ready.length;
  send.hidden = cards.size > 0 && items().every(({ state }) => state === "done");
  send.textContent =
    ready.length > 1 ? `Upload and annotate ${ready.length} files` : "Upload and annotate";
  if (offer) offer.hidden = !items().some(({ size }) => size > settings.limits.maxBytes);
  const done = items().filter((item) => item.state === "done").length;
  finished.hidden = cards.size < 2 || !done;
  const total = under.reduce((sum, item) => sum + item.size, 0);
  finished.firstElementChild.textContent = under.length
    ? `${done} of ${some(cards.size, "file")} submitted; ${inWords(total)} under way.`
    : `${done} of ${some(cards.size, "file")} submitted.`;
  if (had && (send.disabled || send.hidden)) list.firstElementChild?.focus({ preventScroll: true });
}

/** A single file leads to its job; of several, each is linked as it comes. */
function arrive(item) {
  if (cards.size === 1 && !broken.rows.size) window.location.assign(item.job);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const item of items()) if (item.state === "ready") queue.add(item);
});

async function goOn(chosen) {
  const item = add(chosen);
  if (!item) return;
  broken.taken(await fingerprint(item.file));
  item.resumes = { parts: recall(await fingerprint(item.file))?.parts };
  queue.add(item);
}

async function useSample() {
  sample.disabled = true;
  try {
    const answer = await fetch(sample.dataset.url, { redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      complain("You are not logged in any more. Load this page again to log in.");
    } else if (!answer.ok) {
      complain("The sample cannot be read just now. Try again in a minute.");
    } else {
      const item = add({
        file: new File([await answer.blob()], sample.dataset.name),
        handle: null,
      });
      if (!item) return;
      await check(item);
      if (item.state === "ready") queue.add(item);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    complain("The connection was lost. Try again.");
  } finally {
    sample.disabled = false;
  }
}

/** How the annotated VCF is to be written. BCSQ, as of bcftools, tells all transcripts. */
function written() {
  transcripts.disabled = format.value === "bcsq";
  if (transcripts.disabled) transcripts.value = "all";
  return { format: format.value, transcripts: transcripts.value };
}

/** The options below hold for every file that is not on its way yet. */
function chooseForAll(options) {
  for (const item of items()) {
    if (["ready", "stopped"].includes(item.state)) item.choose({ ...options });
  }
}

const broken = new BrokenUploads(document.getElementById("interrupted"), settings, goOn);
const pasting = new Pasting(document.getElementById("paste"), (file) =>
  take([{ file, handle: null }]),
);
watchInput(input, take);
watchDrops(document.getElementById("landing"), take, complain);
watchPaste(take, (text) => pasting.open(text));
document.getElementById("paste-open").addEventListener("click", () => pasting.open(""));
sample?.addEventListener("click", useSample);
for (const choice of [format, transcripts]) {
  choice.addEventListener("change", () => chooseForAll(written()));
}
written(); // a browser that goes back has kept what was chosen
strict.addEventListener("change", () => chooseForAll({ strict: strict.checked }));
pack?.addEventListener("change", () => chooseForAll({ pack: pack.value, contigNames: {} }));
window.addEventListener("beforeunload", (event) => {
  // A large one whose file the browser can find again goes on by itself.
  if (items().some((item) => item.isOpen && !(item.large && item.handle))) event.preventDefault();
});
broken.show();
