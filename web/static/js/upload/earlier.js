// Whether a file was annotated before with the same options: then it need not be sent. Only an
// offer: what fails here is passed over in silence.
import { ask, Refused } from "./net.js";

const MOST_HASHED = 64 * 1024 * 1024; // a second or two; larger ones are rarely sent twice
const PATIENCE_MS = 15_000;

const digests = new WeakMap(); // file → promise of its digest, null if there is none
let last = Promise.resolve();

/** BLAKE3 of a file's bytes, by a worker of its own, one file after the other. */
function digestOf(file) {
  if (!digests.has(file)) {
    last = last.then(() => hashed(file));
    digests.set(file, last);
  }
  return digests.get(file);
}

function hashed(file) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("../preflight/hasher.js", import.meta.url), {
      type: "module",
    });
    const end = (digest) => {
      worker.terminate();
      resolve(digest);
    };
    worker.addEventListener("message", ({ data }) => end(data.digest ?? null));
    worker.addEventListener("error", () => end(null));
    worker.postMessage(file);
  });
}

/** {job_id, url, file_name, submitted_at} of the job that did the same; null if there is none. */
export async function earlierJob(url, file, options) {
  if (!file.size || file.size > MOST_HASHED) return null;
  const blake3 = await digestOf(file);
  if (!blake3) return null;
  try {
    const question = { ...options, blake3, size: file.size };
    return (await ask(url, question, AbortSignal.timeout(PATIENCE_MS))).job;
  } catch (error) {
    if (
      !(error instanceof Refused || error instanceof TypeError || error instanceof DOMException)
    ) {
      throw error;
    }
    return null;
  }
}
