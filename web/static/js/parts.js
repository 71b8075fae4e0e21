// Sends a large file to S3 in parts: three at a time, each tried again when the line breaks. What
// has arrived need not be sent again, also after the page was loaded anew: choose the same file.
import { Refused } from "./s3.js";

const AT_ONCE = 3;
const TRIES = 8;
const LONGEST_PAUSE_MS = 30_000;
const BEGINNINGS = 3;
const KEPT_MS = 2 * 24 * 3600 * 1000;
const PREFIX = "gas-upload:";
const FIRST_BYTES = 2 ** 20;

/** The person pressed "Cancel the upload". */
export class Cancelled extends Error {}

/** The file store has lost the upload (the laptop's does when it is restarted). */
class Gone extends Error {}

const headers = {
  "Content-Type": "application/json",
  Accept: "application/problem+json, application/json;q=0.9",
  "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
};

async function ask(url, body, signal) {
  const answer = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal,
  });
  if (answer.status === 204) return null;
  const document_ = await answer.json();
  if (answer.ok) return document_;
  if (document_.code === "upload_gone" || document_.code === "invalid_upload") throw new Gone();
  if (answer.status >= 500) throw new TypeError("the service is away");
  throw new Refused(`${document_.detail} ${document_.remedy}`.trim());
}

function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new Cancelled());
    });
  });
}

/** Does `work` again when the network fails, after longer and longer pauses. */
async function persist(work, signal) {
  for (let tried = 1; ; tried += 1) {
    if (signal.aborted) throw new Cancelled();
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw new Cancelled();
      if (!(error instanceof TypeError) || tried === TRIES) throw error;
    }
    await sleep(Math.min(1000 * 2 ** (tried - 1), LONGEST_PAUSE_MS), signal);
  }
}

/** PUTs one part. TypeError, as fetch throws, when it may be tried again. */
function put(url, blob, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = (settle, value) => {
      signal.removeEventListener("abort", stop);
      onProgress(0);
      settle(value);
    };
    request.open("PUT", url);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) end(resolve);
      else if (request.status === 404) end(reject, new Gone());
      else end(reject, new TypeError(`status ${request.status}`)); // 403: signed anew next time
    });
    request.addEventListener("error", () => end(reject, new TypeError("network")));
    request.addEventListener("abort", () => end(reject, new Cancelled()));
    signal.addEventListener("abort", stop);
    request.send(blob);
  });
}

/** What tells a file from others: name, size, time, and a checksum of its first MiB. */
async function fingerprint(file) {
  const first = await file.slice(0, FIRST_BYTES).arrayBuffer();
  // Browsers offer checksums over https and on this very machine only.
  const digest = new Uint8Array((await crypto.subtle?.digest("SHA-256", first)) ?? []);
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${PREFIX}${file.name}|${file.size}|${file.lastModified}|${hex}`;
}

function recall(key) {
  try {
    const noted = JSON.parse(localStorage.getItem(key));
    return noted && Date.now() - noted.begun < KEPT_MS ? noted : null;
  } catch {
    return null;
  }
}

function note(key, value) {
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // Without storage the upload works; it only cannot go on after the page is loaded anew.
  }
}

/** Names of files whose upload broke off in this browser; forgets what is too old. */
export function brokenOff() {
  const names = [];
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    const noted = recall(key);
    if (noted) names.push(noted.name);
    else note(key, null);
  }
  return names;
}

async function sendParts(file, begun, numbers, { urls, onProgress, signal }) {
  const missing = [];
  const whole = new Set(numbers);
  const sizeOf = (number) => Math.min(begun.part_size, file.size - (number - 1) * begun.part_size);
  for (let number = 1; number <= begun.parts; number += 1) {
    if (!whole.has(number)) missing.push(number);
  }
  let sent = numbers.reduce((sum, number) => sum + sizeOf(number), 0);
  const flying = new Map();
  const show = () => onProgress([...flying.values()].reduce((sum, bytes) => sum + bytes, sent));
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);

  async function sendOne(number) {
    const from = (number - 1) * begun.part_size;
    const blob = file.slice(from, from + sizeOf(number));
    await persist(async () => {
      const signed = await ask(`${urls}/sign`, { upload: begun.upload, numbers: [number] }, either);
      await put(
        signed.urls[number],
        blob,
        (bytes) => {
          flying.set(number, bytes);
          show();
        },
        either,
      );
    }, either);
    flying.delete(number);
    sent += blob.size;
    show();
  }

  async function lane() {
    while (missing.length) await sendOne(missing.shift());
  }

  show();
  const lanes = Array.from({ length: AT_ONCE }, lane);
  try {
    await Promise.all(lanes);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(lanes);
    throw error;
  }
}

async function attempt(file, strict, key, options) {
  const { urls, signal } = options;
  let begun = recall(key);
  let numbers = [];
  if (begun) {
    const { upload } = begun;
    ({ numbers } = await persist(() => ask(`${urls}/list`, { upload }, signal), signal));
  } else {
    const wanted = { file_name: file.name, size: file.size, strict };
    begun = await persist(() => ask(urls, wanted, signal), signal);
    begun = { ...begun, name: file.name, begun: Date.now() };
    note(key, begun);
  }
  await sendParts(file, begun, numbers, options);
  const { upload } = begun;
  return persist(() => ask(`${urls}/complete`, { upload }, signal), signal);
}

/**
 * Uploads the file; resolves with the address to go to. `urls` is where the service's side of it
 * is, `onProgress` is told how many bytes have arrived. Rejects with Refused, Cancelled, or
 * TypeError when the network stays away; then the upload can be taken up again.
 */
export async function sendInParts(file, strict, options) {
  const key = await fingerprint(file);
  for (let beginning = 1; ; beginning += 1) {
    try {
      const { done } = await attempt(file, strict, key, options);
      note(key, null);
      return done;
    } catch (error) {
      if (options.signal.aborted) {
        const begun = recall(key);
        note(key, null);
        if (begun) ask(`${options.urls}/abort`, { upload: begun.upload }).catch(() => {});
        throw new Cancelled();
      }
      if (!(error instanceof Gone)) throw error;
      note(key, null);
      if (beginning === BEGINNINGS) {
        throw new Refused("The file store lost the upload several times. Try again later.");
      }
    }
  }
}
