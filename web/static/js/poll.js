// Asks again and again, less and less often while nothing changes, rarely while nobody looks, and
// tells when the server cannot be reached.
const FIRST_MS = 1000;
const LONGEST_MS = 10000;
const HIDDEN_MS = 60000;
const LOST_AFTER = 2;

/** Resolves after `ms`; in a hidden tab only after a minute, or as soon as somebody looks. */
function rest(ms) {
  return new Promise((resolve) => {
    let timer;
    const done = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    const look = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible") done();
      else timer = setTimeout(done, HIDDEN_MS);
    };
    document.addEventListener("visibilitychange", look);
    const hidden = document.visibilityState !== "visible";
    timer = setTimeout(done, hidden ? HIDDEN_MS : ms);
  });
}

/**
 * Calls `step` until it answers "stop". "changed" makes the next call come soon again; "same" makes
 * it come later, and so does "lost" or a failed request: after two of them `onLost(true)` is called,
 * and `onLost(false)` when the server answers again. Once the session has ended, the page is loaded
 * afresh.
 */
export async function poll(step, onLost = () => {}) {
  let delay = FIRST_MS;
  let failures = 0;
  for (;;) {
    await rest(delay);
    let outcome = "lost";
    try {
      outcome = await step();
    } catch (error) {
      if (error instanceof SessionEnded) {
        window.location.reload();
        return;
      }
      if (!(error instanceof TypeError)) throw error; // TypeError: the network is away
    }
    if (outcome === "lost") {
      failures += 1;
      if (failures === LOST_AFTER) onLost(true);
    } else {
      if (failures >= LOST_AFTER) onLost(false);
      failures = 0;
    }
    if (outcome === "stop") return;
    delay = outcome === "changed" ? FIRST_MS : Math.min(delay * 1.5, LONGEST_MS);
  }
}

export class SessionEnded extends Error {}

/** GET as JSON; null when the server cannot answer just now. */
export async function getJson(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (answer.status === 401) throw new SessionEnded();
  return answer.ok ? answer.json() : null;
}

/** The element `selector` of the page at `url` as the server would render it now, or null. */
export async function getFragment(url, selector) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, redirect: "manual" });
  if (answer.type === "opaqueredirect") throw new SessionEnded();
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector(selector);
}
