// One file on its way from the disk to a job: looked at, repaired, sent, registered. Knows no page;
// `changed` is called after every change of what can be seen.
import { inspected, repairedFile, Unreadable } from "../preflight/client.js";
import { inOrder } from "../preflight/findings.js";
import { alone, fingerprint, hold, keepHandle, recall } from "./begun.js";
import { consult } from "./consult.js";
import { earlierJob } from "./earlier.js";
import { Cancelled, followed, Paused, persist, Refused } from "./net.js";
import { Pace } from "./pace.js";
import { giveUp, sendInParts } from "./parts.js";
import { sendWhole } from "./whole.js";

const ASK_AGAIN_MS = 6000;
const MOST_ASKED = 30;

let made = 0;

/** States: see `STATES` in card.js for what each is called. */
export class Item {
  /** `settings`: addresses and limits of the page. `handle`: the browser's way to the file. */
  constructor(file, settings, { handle = null, options }) {
    Object.assign(this, { file, settings, handle });
    this.id = made += 1;
    this.options = {
      pack: "",
      strict: false,
      format: "csq",
      transcripts: "all",
      contigNames: {},
      ...options,
    };
    this.state = "checking";
    this.changed = () => {};
    this.findings = [];
    this.facts = null;
    this.answer = null; // of the service, about the file
    this.insisted = false;
    this.earlier = null; // the job that did the same before
    this.sent = 0;
    this.pace = null;
    this.waiting = null; // {offline, seconds} while the line is away
    this.message = "";
    this.job = "";
    this.resumes = null; // {arrived, parts}: it goes on
  }

  get name() {
    return this.file.name;
  }

  get size() {
    return this.file.size;
  }

  get large() {
    return this.size > this.settings.partsFrom();
  }

  get isOpen() {
    return ["waiting", "sending", "finishing"].includes(this.state);
  }

  #become(state) {
    this.state = state;
    this.changed(this);
  }

  // ------------------------------------------------------------------ before it is sent

  /** Looks at the file, here and with the service. */
  async check() {
    this.#become("checking");
    const turn = (this.turn = (this.turn ?? 0) + 1);
    let found;
    try {
      found = await inspected(this.file, this.settings.limits);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      found = { facts: null, findings: [unseen(error)] };
    }
    const begun = this.large ? recall(await fingerprint(this.file)) : null;
    if (turn !== this.turn) return;
    this.facts = found.facts;
    this.local = found.findings;
    this.resumes = begun && { parts: begun.parts };
    if (begun) this.message = "A part of it was sent before. It goes on where it was.";
    await this.compare();
  }

  /** Asks the service again, after another choice of options. */
  async compare() {
    const turn = this.turn;
    const facts = this.facts;
    let findings = this.local;
    this.answer = null;
    if (facts && (facts.kind === "vcf" || facts.kind === "bcf") && facts.survey.records) {
      const said = await consult(this.settings.preflightUrl, this.file, facts, this.options);
      if (turn !== this.turn) return;
      this.answer = said.answer;
      if (said.later) this.#compareLater(turn);
      findings = inOrder([...findings, ...said.findings]);
    }
    this.findings = findings;
    this.#become(this.#blocked ? "stopped" : "ready");
    this.#lookForEarlier();
  }

  /** What was annotated before need not be sent; it is told when it is found. */
  async #lookForEarlier() {
    const turn = (this.looked = (this.looked ?? 0) + 1);
    this.earlier = null;
    if (this.state !== "ready") return;
    const found = await earlierJob(this.settings.earlierUrl, this.file, this.#chosen());
    if (turn !== this.looked || this.state !== "ready" || !found) return;
    this.earlier = found;
    this.changed(this);
  }

  /** The options as the service names them. */
  #chosen() {
    const { strict, format, transcripts, contigNames } = this.options;
    const pack = this.options.pack || this.answer?.pack;
    const project = document.getElementById("project")?.value || null;
    const chosen = { strict, format, transcripts, contig_names: contigNames, project };
    return pack ? { ...chosen, pack } : chosen;
  }

  /** The service was away (it may be compiling its engine): what it says comes when it is back. */
  #compareLater(turn) {
    this.asked = (this.asked ?? 0) + 1;
    if (this.asked > MOST_ASKED) return;
    setTimeout(() => {
      if (turn === this.turn && ["ready", "stopped"].includes(this.state)) this.compare();
    }, ASK_AGAIN_MS);
  }

  get #blocked() {
    const stops = this.findings.filter(({ severity }) => severity === "stop");
    return stops.some(({ firm }) => firm) || (stops.length > 0 && !this.insisted);
  }

  /** Whether its owner may send it although something is wrong with it. */
  get mayInsist() {
    return (
      this.state === "stopped" &&
      this.findings.every(({ severity, firm }) => severity !== "stop" || !firm)
    );
  }

  insist() {
    this.insisted = true;
    this.#become("ready");
  }

  /** Options chosen by hand or by a repair. */
  async choose(options) {
    Object.assign(this.options, options);
    if (!("pack" in options || "contigNames" in options)) {
      this.#lookForEarlier();
      return this.changed(this);
    }
    this.#become("checking");
    await this.compare();
  }

  async repair({ kind, names, pack }) {
    if (kind === "rename")
      return this.choose({ contigNames: { ...this.options.contigNames, ...names } });
    if (kind === "pack") return this.choose({ pack, contigNames: {} });
    this.#become("checking");
    try {
      ({ file: this.file } = await repairedFile(this.file, kind, this.facts));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.message =
        "That did not work here. Repair the file on your machine, and choose it again.";
      return this.#become("stopped");
    }
    this.handle = null; // it leads to the file as it was
    this.repaired = true;
    return this.check();
  }

  // ------------------------------------------------------------------ on its way

  /** It waits for its turn (`queue.js`). */
  wait() {
    this.message = "";
    this.#become("waiting");
  }

  /** Sends the file and registers its job; never rejects. */
  async send() {
    this.controller = new AbortController();
    this.pace = new Pace();
    this.speed = null;
    this.#become("sending");
    try {
      const done = await this.#transfer();
      if (done === null) return this.#end("failed", "Another tab of this browser sends this file.");
      this.#become("finishing");
      const line = this.#line();
      this.job = await persist(() => followed(done, line.signal), line);
      this.#end("done", "");
    } catch (error) {
      this.#failed(error);
    }
  }

  #line() {
    return {
      signal: this.controller.signal,
      onWait: (waiting) => {
        if (!waiting && !this.waiting) return;
        this.waiting = waiting;
        this.pace.restart();
        this.changed(this);
      },
    };
  }

  async #transfer() {
    const { signUrl, partsUrl } = this.settings;
    const wanted = { file_name: this.name, size: this.size, ...this.#chosen() };
    const options = { ...this.#line(), onProgress: (sent) => this.#progress(sent) };
    if (!this.large) return sendWhole(this.file, wanted, { ...options, signUrl });
    this.key = await fingerprint(this.file);
    const onBegun = (begun, numbers) => {
      keepHandle(this.key, this.handle);
      if (numbers.length) this.resumes = { arrived: numbers.length, parts: begun.parts };
    };
    return alone(this.key, () =>
      sendInParts(this.file, wanted, this.key, { ...options, urls: partsUrl, onBegun }),
    );
  }

  #progress(sent) {
    this.sent = sent;
    this.speed = this.pace.take(sent, this.size);
    this.changed(this);
  }

  #end(state, message) {
    this.waiting = null;
    this.message = message;
    this.#become(state);
  }

  #failed(error) {
    if (error instanceof Cancelled) return this.#withdrawn();
    if (error instanceof Paused) {
      hold(this.key);
      return this.#end("paused", "");
    }
    if (error instanceof Refused) return this.#end("failed", error.message);
    if (error instanceof TypeError) {
      const kept = this.large ? " What has arrived is kept." : "";
      return this.#end("failed", `The connection was lost for too long.${kept}`);
    }
    if (error.name === "NotReadableError" || error.name === "NotFoundError") {
      return this.#end("failed", "The file was changed or moved meanwhile. Choose it once more.");
    }
    this.#end("failed", "Something went wrong in this page. Load it again, and try once more.");
    throw error;
  }

  pause() {
    if (this.state === "waiting") this.#become("paused");
    else this.controller.abort(new Paused());
  }

  cancel() {
    if (this.state === "sending") this.controller.abort(new Cancelled());
    else {
      if (this.key) giveUp(this.settings.partsUrl, this.key);
      this.#withdrawn();
    }
  }

  #withdrawn() {
    this.sent = 0;
    this.resumes = null;
    this.#end("ready", "Cancelled. Nothing of it is kept.");
  }
}

function unseen(error) {
  return {
    code: "unseen",
    severity: "note",
    title: "Not looked at",
    text: `The file could not be read beforehand (${error.message}). It can be sent all the same.`,
  };
}
