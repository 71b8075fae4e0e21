// The explorer in place: a change of the filters asks for the page as the server would draw it, and
// puts in the parts that changed. Without this script the same links and forms load whole pages.
import { installPops } from "./pops.js";
import { installSheet } from "./sheet.js";
import { installKeys } from "./keys.js";

const SEARCHING_MS = 350; // after the last letter of a search
const TYPING_MS = 900; // of a name or a number, which means nothing before it is whole
const SLOW_MS = 200;

const form = document.getElementById("filters");
const problem = form.querySelector(".filters-problem");
let running = null;
let typing = 0;

const view = () => document.getElementById("view");

/** The address that the form asks for, written as short as the server would. */
function addressOfForm() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value.trim()) asked.append(name, value.trim());
  }
  const query = asked.toString();
  return `${form.getAttribute("action").split("#")[0]}${query ? `?${query}` : ""}`;
}

/** Shows the view at `address`. A request that is under way is given up for it. */
async function show(address, { push = true, focus = false } = {}) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  clearTimeout(typing);
  const url = new URL(address, window.location.href);
  url.hash = "";
  const current = view();
  current.setAttribute("aria-busy", "true");
  const slow = setTimeout(() => current.classList.add("slow"), SLOW_MS);
  try {
    const asked = new URL(url);
    asked.searchParams.set("part", "view");
    const answer = await fetch(asked, { signal: mine.signal, headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.status === 400 || answer.status === 403) {
      await refuse(answer);
      return;
    }
    if (answer.status !== 200) {
      window.location.assign(url); // the whole page says what is wrong, or asks to log in
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (push) history.pushState(null, "", url);
    exchange(fresh, { focus, typing: push });
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof TypeError)) throw error;
    say("The network is away. Try again.");
  } finally {
    clearTimeout(slow);
    if (running === mine) {
      current.setAttribute("aria-busy", "false");
      current.classList.remove("slow");
    }
    if (running === mine) running = null;
  }
}

/** What is wrong with a filter, or that the time is over, is said above it; the table stays. */
async function refuse(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const words = [...page.querySelectorAll(".lead, .lead + p:not([class])")];
  problem.textContent = words.map((one) => one.textContent).join(" ");
  problem.hidden = false;
}

function exchange(fresh, { focus, typing: isTyping }) {
  problem.hidden = true;
  const focused = document.activeElement?.id ?? "";
  const scrolled = view().querySelector(".grid-scroll")?.scrollLeft ?? 0;
  view().replaceWith(document.adoptNode(fresh.getElementById("view")));
  exchangePanel(fresh.getElementById("filters"), isTyping);
  const scroller = view().querySelector(".grid-scroll");
  if (scroller) scroller.scrollLeft = scrolled;
  prepare();
  if (focus) document.getElementById("variants").focus({ preventScroll: true });
  else if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  say(view().dataset.said);
}

/** New counts and ticks; what is being typed, and which groups are open, stay. */
function exchangePanel(fresh, isTyping) {
  const open = new Map([...form.querySelectorAll("[data-facet]")].map((one) => [one.dataset.facet, one.open]));
  const more = new Set([...form.querySelectorAll(".facet-more[open]")].map((one) => one.closest("[data-facet]").dataset.facet));
  const freshBody = fresh.querySelector(".filters-body");
  for (const old of form.querySelectorAll("input:not([type=hidden]):not([type=checkbox])")) {
    const next = freshBody.querySelector(`#${CSS.escape(old.id)}`);
    if (next && isTyping && old === document.activeElement) next.value = old.value;
  }
  const typed = document.activeElement?.closest?.("#filters") ? document.activeElement : null;
  const caret = typed?.selectionStart ?? null;
  const body = form.querySelector(".filters-body");
  const top = body.scrollTop;
  body.replaceWith(document.adoptNode(freshBody));
  for (const one of freshBody.querySelectorAll("[data-facet]")) {
    if (open.has(one.dataset.facet)) one.open = open.get(one.dataset.facet);
    const further = one.querySelector(".facet-more");
    if (further) further.open = more.has(one.dataset.facet);
  }
  freshBody.scrollTop = top;
  form.querySelector(".filters-clear").hidden = fresh.querySelector(".filters-clear").hidden;
  if (typed?.id) {
    const again = document.getElementById(typed.id);
    again?.focus({ preventScroll: true });
    if (caret !== null && again?.setSelectionRange) again.setSelectionRange(caret, caret);
  }
}

function say(words) {
  document.getElementById("announce").textContent = words;
}

/** What has to be done to every new view. */
function prepare() {
  const copy = view().querySelector("[data-copy]");
  if (copy && navigator.clipboard) copy.hidden = false;
  const total = form.querySelector(".filters-total");
  if (total) total.textContent = `${Number(view().dataset.total).toLocaleString("en")} variants`;
}

async function copyLink(button) {
  await navigator.clipboard.writeText(window.location.href.split("#")[0]);
  button.textContent = "Copied";
  say("The link to this view has been copied.");
  setTimeout(() => (button.textContent = "Copy link"), 2000);
}

const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-filter], a[data-page]");
  const address = link?.getAttribute("href");
  if (link && plain(event)) {
    event.preventDefault();
    const inPlot = link.closest(".plot");
    show(address, { focus: Boolean(inPlot) || link.hasAttribute("data-page") });
    const behind = inPlot ? document.getElementById("view") : link.hasAttribute("data-page") && view();
    behind?.scrollIntoView?.({ block: inPlot ? "start" : "nearest" });
    return;
  }
  const copy = event.target.closest?.("[data-copy]");
  if (copy) copyLink(copy);
});

document.addEventListener("submit", (event) => {
  if (event.target === form) {
    event.preventDefault();
    document.querySelector(".explorer-side").classList.remove("open");
    show(addressOfForm());
  } else if (event.target.matches("[data-columns]")) {
    event.preventDefault();
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(event.target)) if (name !== "columns") asked.append(name, value);
    asked.set("columns", new FormData(event.target).getAll("columns").join(","));
    show(`${event.target.getAttribute("action").split("#")[0]}?${asked}`);
  }
});

form.addEventListener("input", (event) => {
  clearTimeout(typing);
  const wait = { search: SEARCHING_MS, text: TYPING_MS }[event.target.type] ?? 0;
  typing = setTimeout(() => show(addressOfForm()), wait);
});

window.addEventListener("popstate", async () => {
  await show(window.location.href, { push: false });
});

prepare();
installPops();
installSheet();
installKeys();
