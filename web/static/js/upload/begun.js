// Uploads in parts that are under way, as this browser remembers them: in localStorage what is
// needed to go on, in IndexedDB (Chromium) the way to the file itself. Several people may share a
// browser: each note is kept under the tag of whoever uploads, and nobody is shown another's.
import { createStore, del, get, set } from "../../vendor/idb-keyval-6.3.0.js";

const PREFIX = "gas-upload:";
const KEPT_MS = 2 * 24 * 3600 * 1000; // as long as the bucket keeps the parts
const FIRST_BYTES = 2 ** 20;

/** What the keys of this page's visitor begin with; the tag comes with the page. */
const mine = () => `${PREFIX}${document.getElementById("upload")?.dataset.user ?? ""}:`;

/** Whose it is, and what tells a file from others: name, size, time, checksum of its first MiB. */
export async function fingerprint(file) {
  const first = await file.slice(0, FIRST_BYTES).arrayBuffer();
  // Browsers offer checksums over https and on this very machine only.
  const digest = new Uint8Array((await crypto.subtle?.digest("SHA-256", first)) ?? []);
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${mine()}${file.name}|${file.size}|${file.lastModified}|${hex}`;
}

/** What was noted of an upload; null: nothing, or it is too old. */
export function recall(key) {
  try {
    const noted = JSON.parse(localStorage.getItem(key));
    return noted && Date.now() - noted.begun < KEPT_MS ? noted : null;
  } catch {
    return null;
  }
}

/** Notes an upload, or forgets it (null). */
export function note(key, value) {
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // Without storage the upload works; it only cannot go on after the page is loaded anew.
  }
  if (!value) keepHandle(key, null);
}

/** Notes that an upload was paused: it does not go on by itself when the page is loaded anew. */
export function hold(key) {
  const begun = recall(key);
  if (begun) note(key, { ...begun, paused: true });
}

/**
 * The visitor's uploads that broke off in this browser: [key, what was noted]. Forgets what is too
 * old for anybody; leaves alone what else there is of others.
 */
export function brokenOff() {
  const found = [];
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    const noted = recall(key);
    if (!noted) note(key, null);
    else if (key.startsWith(mine())) found.push([key, noted]);
  }
  return found;
}

let store = null;
const handles = () => (store ??= createStore("gas-upload", "handles"));

/** Keeps (or, for null, forgets) the browser's handle of a file. */
export async function keepHandle(key, handle) {
  try {
    if (handle) await set(key, handle, handles());
    else if (store || (await known())) await del(key, handles());
  } catch {
    // Private windows keep nothing; then the file has to be chosen again.
  }
}

/** The handle of a file whose upload broke off, or null. */
export async function handleOf(key) {
  try {
    return ((await known()) && (await get(key, handles()))) || null;
  } catch {
    return null;
  }
}

/** Whether anything was ever kept: a database is not made only to be asked. */
async function known() {
  const databases = await indexedDB.databases?.();
  return !databases || databases.some(({ name }) => name === "gas-upload");
}

/**
 * Does `work` unless another tab of this browser sends the same file; then null. Browsers have
 * locks over https and on this very machine only.
 */
export function alone(key, work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(key, { ifAvailable: true }, (lock) => (lock ? work() : null));
}
