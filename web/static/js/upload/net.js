// Asking this service, and waiting for a line that is away.

/** The service or S3 refused; the message says why, for a person. */
export class Refused extends Error {}
/** The person pressed Cancel. */
export class Cancelled extends Error {}
/** The person pressed Pause. */
export class Paused extends Error {}
/** What was begun is not known any more: begin again. */
export class Gone extends Error {}

const LONGEST_PAUSE_MS = 30_000;
const TRIES = 20; // about eight minutes, not counting the time without a network

const token = () => document.querySelector('meta[name="csrf-token"]').content;

/** POSTs JSON; the answer's JSON, null for an empty one. TypeError when it may be tried again. */
export async function ask(url, body, signal) {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/problem+json, application/json;q=0.9",
      "X-CSRFToken": token(),
    },
    body: JSON.stringify(body),
    signal,
  });
  return read(answer);
}

async function read(answer) {
  if (answer.status === 204) return null;
  if (answer.status === 401) {
    throw new Refused(
      "You are not logged in any more. Load this page again to log in; a large upload goes on.",
    );
  }
  if (answer.status >= 500 || answer.status === 429) throw new TypeError("the service is away");
  const document_ = await answer.json().catch(() => null);
  if (!document_) throw new TypeError("an answer that is none of ours"); // a proxy's, or cut off
  if (answer.ok) return document_;
  if (document_.code === "upload_gone") throw new Gone(document_.detail);
  throw Object.assign(new Refused(`${document_.detail} ${document_.remedy}`.trim()), {
    code: document_.code,
  });
}

/** Where a GET is sent on to: the page of a job. */
export async function followed(url, signal) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, signal });
  if (answer.ok) return answer.url;
  await read(answer);
  throw new TypeError(`status ${answer.status}`);
}

/** Ends after `ms`, or as soon as the line is back, or when `signal` says so. */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = (settle) => () => {
      clearTimeout(timer);
      window.removeEventListener("online", wake);
      window.removeEventListener("gas:try-now", wake);
      signal.removeEventListener("abort", stop);
      settle();
    };
    const wake = end(resolve);
    const stop = end(() => reject(signal.reason));
    const timer = ms === Infinity ? undefined : setTimeout(wake, ms);
    window.addEventListener("online", wake);
    window.addEventListener("gas:try-now", wake);
    signal.addEventListener("abort", stop);
  });
}

/** Those who wait for the line try it now. */
export const tryNow = () => window.dispatchEvent(new Event("gas:try-now"));

/**
 * Does `work` again when the network fails, after longer and longer pauses; without a network it
 * waits until there is one. `onWait` is told {offline, seconds} when it waits, null when it works.
 */
export async function persist(work, { signal, onWait }) {
  for (let tried = 1; ; tried += 1) {
    signal.throwIfAborted();
    try {
      const done = await work();
      onWait(null);
      return done;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TypeError) || tried >= TRIES) throw error;
    }
    const offline = !navigator.onLine;
    const pause = offline ? Infinity : Math.min(1000 * 2 ** (tried - 1), LONGEST_PAUSE_MS);
    onWait({ offline, seconds: pause / 1000 });
    await sleep(pause, signal);
    if (offline) tried = 0;
  }
}
