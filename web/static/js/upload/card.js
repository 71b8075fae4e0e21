// What the page shows of one file: made of the template `#file-card`, brought up to date.
import { buildChoice } from "./build.js";
import { button, make } from "./dom.js";
import { naming } from "./naming.js";
import { factsLine, findingsList, notes, outlook, preview } from "./report.js";
import { duration, inCount, inWords } from "./words.js";

// state → [its word, the class of its chip]
export const STATES = {
  checking: ["Looking at it", "chip-running"],
  ready: ["Ready", "chip-completed"],
  stopped: ["Needs you", "chip-failed"],
  waiting: ["Waiting", "chip-pending"],
  sending: ["Uploading", "chip-running"],
  paused: ["Paused", "chip-pending"],
  finishing: ["Starting the job", "chip-running"],
  done: ["Submitted", "chip-completed"],
  failed: ["Not sent", "chip-failed"],
};
const MOVING = new Set(["waiting", "sending", "paused", "finishing"]);
const UNSENT = new Set(["checking", "ready", "stopped", "failed"]);

export class Card {
  /** `actions`: what the buttons do, {remove, send, tryNow}. */
  constructor(item, actions) {
    Object.assign(this, { item, actions });
    const template = document.getElementById("file-card");
    this.element = template.content.firstElementChild.cloneNode(true);
    this.parts = Object.fromEntries(
      Array.from(this.element.querySelectorAll("[data-part]"), (part) => [part.dataset.part, part]),
    );
    this.element.setAttribute("aria-label", item.name);
    this.#prepareOptions();
  }

  #prepareOptions() {
    const { strict, pack, remove } = this.parts;
    remove.setAttribute("aria-label", `Remove ${this.item.name} from the list`);
    remove.addEventListener("click", () => this.actions.remove(this.item));
    strict.addEventListener("change", () => this.item.choose({ strict: strict.checked }));
    pack?.addEventListener("change", () => this.item.choose({ pack: pack.value, contigNames: {} }));
  }

  /** Shows the item as it is now. */
  render() {
    const { item, parts } = this;
    const had = this.element.contains(document.activeElement);
    const [word, chip] = item.waiting ? ["No connection", "chip-pending"] : STATES[item.state];
    parts.name.textContent = item.name;
    parts.chip.textContent = word;
    parts.chip.className = `chip ${chip}`;
    this.element.dataset.state = item.state;
    this.element.setAttribute("aria-busy", String(item.state === "checking"));
    const facts = [inWords(item.size), ...factsLine(item)];
    parts.facts.textContent = facts.join(" · ");
    parts.problem.textContent = item.message;
    parts.problem.hidden = !item.message;
    parts.problem.className =
      item.state === "failed" ? "problem callout callout-bad" : "callout callout-still";
    parts.remove.hidden = !UNSENT.has(item.state) && item.state !== "done";
    this.#renderReport();
    this.#renderProgress();
    this.#renderActions();
    if (had) this.#keepFocus();
  }

  /** A button that is gone once it is pressed leaves the focus to its card. */
  #keepFocus() {
    const now = document.activeElement;
    if (!this.element.contains(now) || now.closest("[hidden]")) {
      this.element.focus({ preventScroll: true });
    }
  }

  #renderReport() {
    const { item, parts } = this;
    const told = UNSENT.has(item.state);
    parts.options.hidden = !this.isOpen || !factsLine(item).length;
    if (this.told !== item.findings || this.insisted !== item.insisted) this.#fillReport();
    this.#renderNames();
    this.#renderEarlier();
    parts.strict.checked = item.options.strict;
    if (parts.pack) parts.pack.value = item.options.pack;
    const shown = told && item.state !== "checking";
    parts.report.hidden = !shown || !(parts.findings.childElementCount || item.answer);
    parts.folds.hidden = !shown || Array.from(parts.folds.children).every(({ hidden }) => hidden);
  }

  /** The job that did the same before, if there is one: nothing need be sent. */
  #renderEarlier() {
    const { item, parts } = this;
    const { earlier } = item;
    const shown = Boolean(earlier) && item.state === "ready";
    parts.earlier.hidden = !shown;
    if (!shown || this.toldEarlier === earlier) return;
    this.toldEarlier = earlier;
    const link = make("a", "", "Open its results");
    link.href = earlier.url;
    const as = earlier.file_name === item.name ? "" : ` as ${earlier.file_name}`;
    const day = new Date(earlier.submitted_at * 1000).toLocaleString(undefined, {
      dateStyle: "medium",
      timeStyle: "short",
    });
    parts.earlier.replaceChildren(
      make("strong", "", "Annotated before"),
      `${as}, ${day}, with the same options and reference. `,
      link,
      ", or upload it to have it annotated anew.",
    );
  }

  #fillReport() {
    const { item, parts } = this;
    [this.told, this.insisted] = [item.findings, item.insisted];
    const react = { onRepair: (repair) => item.repair(repair), onInsist: () => item.insist() };
    const build = buildChoice(item);
    parts.findings.replaceChildren(...findingsList(item, react), ...(build ? [build] : []));
    for (const fold of parts.folds.querySelectorAll(".notes, .preview, .naming-fold")) fold.remove();
    const alone = this.element.matches(":only-child");
    const first = preview(item, alone && item.state === "ready");
    const folds = [first, notes(item, react), naming(item)];
    parts.folds.prepend(...folds.filter(Boolean));
    parts.outlook.textContent = outlook(item);
    parts.outlook.hidden = !parts.outlook.textContent;
  }

  /** Whether its options can be changed still. */
  get isOpen() {
    return ["ready", "stopped"].includes(this.item.state);
  }

  /** Contigs that are renamed, with a way back. */
  #renderNames() {
    const names = Object.entries(this.item.options.contigNames);
    const told = `${names.length && names} ${this.isOpen}`;
    if (told === this.toldNames) return;
    this.toldNames = told;
    this.parts.renamed.hidden = !names.length;
    const shown = names
      .slice(0, 6)
      .map(([from, to]) => `${from} → ${to}`)
      .join(", ");
    const more = names.length > 6 ? ` and ${inCount(names.length - 6)} more` : "";
    const undo = button("Undo", "btn-quiet", () => this.item.choose({ contigNames: {} }));
    const words = make("span", "", make("strong", "", "Contigs are renamed: "), `${shown}${more}.`);
    this.parts.renamed.replaceChildren(words, ...(this.isOpen ? [undo] : []));
  }

  #renderProgress() {
    const { item, parts } = this;
    const shown = MOVING.has(item.state);
    parts.progress.hidden = !shown;
    if (!shown) return;
    parts.bar.setAttribute("aria-label", `Upload of ${item.name}`);
    parts.bar.value = item.size ? (100 * item.sent) / item.size : 0;
    parts.progressText.textContent = this.#progressWords();
  }

  #progressWords() {
    const { state, sent, size, waiting, speed, resumes } = this.item;
    if (state === "waiting") return "Waiting for its turn: two files go at a time.";
    if (state === "finishing") return "Uploaded. Starting the job…";
    const percent = Math.floor(size ? (100 * sent) / size : 0);
    const arrived = `${inWords(sent)} of ${inWords(size)} (${percent} %)`;
    if (state === "paused") return `Paused at ${arrived}. What has arrived is kept for two days.`;
    if (waiting?.offline) {
      return `The connection was lost at ${arrived}. It goes on by itself when it is back.`;
    }
    if (waiting)
      return `No answer; tried again in ${duration(waiting.seconds)}. ${arrived} have arrived.`;
    const pace = speed ? ` · ${inWords(speed.speed)}/s · ${duration(speed.left)} left` : "";
    const on = resumes?.arrived
      ? ` It went on with ${resumes.arrived} of ${resumes.parts} parts there.`
      : "";
    return `${arrived}${pace}.${on}`;
  }

  #renderActions() {
    const { item, parts } = this;
    const key = `${item.state}|${Boolean(item.waiting)}|${item.job}`;
    if (key === this.shownActions) return;
    this.shownActions = key;
    const had = parts.actions.contains(document.activeElement);
    parts.actions.replaceChildren(...this.#buttons());
    if (had) (parts.actions.querySelector("a, button") ?? this.element).focus();
  }

  #buttons() {
    const { item, actions } = this;
    const { name, state } = item;
    const shown = [];
    const add = (...given) => shown.push(button(...given));
    if (item.waiting) add("Try now", "btn-secondary", actions.tryNow, `Try now to send ${name}`);
    if (item.isOpen && item.large && state !== "finishing") {
      add("Pause", "btn-secondary", () => item.pause(), `Pause the upload of ${name}`);
    }
    if (state === "paused")
      add("Go on", "btn-primary", () => actions.send(item), `Go on with ${name}`);
    if (state === "failed")
      add("Try again", "btn-primary", () => actions.send(item), `Try again: ${name}`);
    if (["waiting", "sending", "paused"].includes(state)) {
      add("Cancel the upload", "btn-quiet", () => item.cancel(), `Cancel the upload of ${name}`);
    }
    if (state === "done") {
      const link = make("a", "btn btn-sm btn-primary", "See the job");
      link.href = item.job;
      link.setAttribute("aria-label", `See the job of ${name}`);
      shown.push(link);
    }
    return shown;
  }
}
