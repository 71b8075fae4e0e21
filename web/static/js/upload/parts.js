// Sends a large file to S3 in parts: three at a time, each tried again when the line breaks. What
// has arrived need not be sent again, also after the page was loaded anew: choose the same file.
import { note, recall } from "./begun.js";
import { ask, Cancelled, Gone, persist, Refused } from "./net.js";
import { put } from "./s3.js";

const AT_ONCE = 3;
const BEGINNINGS = 3;

/** Numbers of the parts of an upload under way that have arrived. */
export async function arrivedParts(urls, begun, line) {
  const { upload } = begun;
  return (await persist(() => askFor(`${urls}/list`, { upload }, line.signal), line)).numbers;
}

/** A sealed upload that is refused was begun by somebody else, or too long ago. */
async function askFor(url, body, signal) {
  try {
    return await ask(url, body, signal);
  } catch (error) {
    throw error.code === "invalid_upload" ? new Gone() : error;
  }
}

class Sending {
  constructor(file, begun, { urls, onProgress, onWait, signal }) {
    Object.assign(this, { file, begun, urls, onProgress, onWait });
    this.failed = new AbortController();
    this.signal = AbortSignal.any([signal, this.failed.signal]);
    this.flying = new Map();
    this.sent = 0;
  }

  #sizeOf(number) {
    return Math.min(this.begun.part_size, this.file.size - (number - 1) * this.begun.part_size);
  }

  #show() {
    this.onProgress([...this.flying.values()].reduce((sum, bytes) => sum + bytes, this.sent));
  }

  async #sendOne(number) {
    const from = (number - 1) * this.begun.part_size;
    const blob = this.file.slice(from, from + this.#sizeOf(number));
    const { upload } = this.begun;
    const flying = (bytes) => {
      this.flying.set(number, bytes);
      this.#show();
    };
    await persist(async () => {
      const signed = await askFor(`${this.urls}/sign`, { upload, numbers: [number] }, this.signal);
      await put(signed.urls[number], blob, flying, this.signal);
    }, this);
    this.flying.delete(number);
    this.sent += blob.size;
    this.#show();
  }

  /** Sends all parts but those of these numbers. */
  async sendBut(numbers) {
    const whole = new Set(numbers);
    const all = Array.from({ length: this.begun.parts }, (_, i) => i + 1);
    const missing = all.filter((number) => !whole.has(number));
    this.sent = numbers.reduce((sum, number) => sum + this.#sizeOf(number), 0);
    this.#show();
    const lane = async () => {
      while (missing.length) await this.#sendOne(missing.shift());
    };
    const lanes = Array.from({ length: AT_ONCE }, lane);
    try {
      await Promise.all(lanes);
    } catch (error) {
      this.failed.abort(error);
      await Promise.allSettled(lanes);
      throw error;
    }
  }
}

async function attempt(file, wanted, key, options) {
  const { urls, signal, onBegun } = options;
  let begun = recall(key);
  let numbers = [];
  if (begun) {
    note(key, { ...begun, paused: false });
    numbers = await arrivedParts(urls, begun, options);
  } else {
    begun = await persist(() => ask(urls, wanted, signal), options);
    begun = { ...begun, name: file.name, size: file.size, begun: Date.now() };
    note(key, begun);
  }
  onBegun(begun, numbers);
  await new Sending(file, begun, options).sendBut(numbers);
  const { upload } = begun;
  return persist(() => askFor(`${urls}/complete`, { upload }, signal), options);
}

/** Gives an upload up: what has arrived is deleted, and this browser forgets it. */
export function giveUp(urls, key) {
  const begun = recall(key);
  note(key, null);
  if (begun) ask(`${urls}/abort`, { upload: begun.upload }).catch(() => {});
}

/**
 * Uploads the file; resolves with the address to go to. `urls` is where the service's side of it
 * is; `onProgress` is told how many bytes have arrived, `onBegun` what is known of the upload and
 * the parts that are there, `onWait` as by `persist`. Rejects with Refused, Cancelled, Paused, or
 * TypeError when the network stays away; but for Cancelled the upload can be taken up again.
 */
export async function sendInParts(file, wanted, key, options) {
  for (let beginning = 1; ; beginning += 1) {
    try {
      const { done } = await attempt(file, wanted, key, options);
      note(key, null);
      return done;
    } catch (error) {
      if (options.signal.reason instanceof Cancelled) giveUp(options.urls, key);
      options.signal.throwIfAborted();
      if (!(error instanceof Gone)) throw error;
      note(key, null);
      if (beginning === BEGINNINGS) {
        throw new Refused("The file store lost the upload several times. Try again later.");
      }
    }
  }
}
