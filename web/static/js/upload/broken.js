// Uploads that broke off: each is offered to go on, with one press where the browser knows the way
// to the file, by choosing the file once more elsewhere.
import { brokenOff, fingerprint, handleOf, keepHandle } from "./begun.js";
import { button, make } from "./dom.js";
import { arrivedParts, giveUp } from "./parts.js";
import { Gone } from "./net.js";
import { choose } from "./intake.js";

const once = () => ({ signal: AbortSignal.timeout(20_000), onWait: () => {} });

/** The rows of the list `box`; `goOn` is given {file, handle} of the very file. */
export class BrokenUploads {
  constructor(box, settings, goOn) {
    Object.assign(this, { box, settings, goOn });
    this.rows = new Map(); // key → row
  }

  async show() {
    for (const [key, begun] of brokenOff()) this.#add(key, begun);
    const left = brokenOff().filter(([, begun]) => !begun.paused);
    await Promise.all(left.map(([key]) => this.#tryAtOnce(key)));
  }

  /** The file of this fingerprint is on its way. */
  taken(key) {
    this.rows.get(key)?.remove();
    this.rows.delete(key);
    this.box.hidden = !this.rows.size;
  }

  #add(key, begun) {
    const words = make(
      "p",
      "",
      make(
        "strong",
        "",
        `The upload of ${begun.name} ${begun.paused ? "is paused" : "broke off"}. `,
      ),
    );
    const rest = make("span", "", "Choose the same file, and it goes on where it was.");
    words.append(rest);
    const actions = make("div", "actions");
    actions.append(
      button(
        "Go on",
        "btn-primary",
        () => this.#press(key, begun, rest),
        `Go on with ${begun.name}`,
      ),
      button("Give it up", "btn-quiet", () => this.#forget(key), `Give it up: ${begun.name}`),
    );
    const row = make("li", "callout", words, actions);
    this.rows.set(key, row);
    this.box.append(row);
    this.box.hidden = false;
    this.#tellHowFar(key, begun, rest);
  }

  async #tellHowFar(key, begun, rest) {
    try {
      const numbers = await arrivedParts(this.settings.partsUrl, begun, once());
      const handle = await handleOf(key);
      const ask = handle ? "" : " Choose the same file, and";
      rest.textContent = `${numbers.length} of ${begun.parts} parts have arrived.${ask || " Press Go on, and"} it goes on where it was.`;
    } catch (error) {
      if (error instanceof Gone) this.#forget(key);
    }
  }

  /** Chromium may still have the leave to read the file: then nothing need be pressed. */
  async #tryAtOnce(key) {
    const handle = await handleOf(key);
    if (handle && (await handle.queryPermission({ mode: "read" })) === "granted") {
      await this.#from(key, handle);
    }
  }

  async #press(key, begun, rest) {
    const handle = await handleOf(key);
    if (handle) {
      if ((await handle.requestPermission({ mode: "read" })) === "granted") {
        if (await this.#from(key, handle)) return;
      }
      keepHandle(key, null);
      rest.textContent = "The file is not where it was, or has changed. Choose it once more.";
      return;
    }
    const [chosen] = await choose(document.getElementById("file"));
    if (!chosen) return;
    if ((await fingerprint(chosen.file)) === key) this.goOn(chosen);
    else
      rest.textContent = `This is another file, or ${begun.name} has changed since. Choose the same file.`;
  }

  /** Whether the file behind the handle is the one whose upload broke off. */
  async #from(key, handle) {
    try {
      const file = await handle.getFile();
      if ((await fingerprint(file)) !== key) return false;
      this.goOn({ file, handle });
      return true;
    } catch {
      return false; // moved or deleted
    }
  }

  #forget(key) {
    giveUp(this.settings.partsUrl, key);
    this.taken(key);
  }
}
