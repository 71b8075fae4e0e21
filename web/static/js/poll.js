// Asks again and again, less and less often while nothing changes, and not while nobody looks.
const FIRST_MS = 1000;
const LONGEST_MS = 10000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function untilVisible() {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

/**
 * Calls `step` until it answers "stop". "changed" makes the next call come soon again; "same" and
 * a failed request make it come later. Once the session has ended, the page is loaded afresh.
 */
export async function poll(step) {
  let delay = FIRST_MS;
  for (;;) {
    await sleep(delay);
    await untilVisible();
    let outcome = "same";
    try {
      outcome = await step();
    } catch (error) {
      if (error instanceof SessionEnded) {
        window.location.reload();
        return;
      }
      if (!(error instanceof TypeError)) throw error; // TypeError: the network is away
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
