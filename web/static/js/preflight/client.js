// Asks the worker, and starts another one when it does not answer in time.

const PATIENCE_MS = 20_000;
const REPAIR_MS = 10 * 60_000;

export class Unreadable extends Error {}

let worker = null;
let number = 0;
const waiting = new Map();

function start() {
  worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => {
    const answer = waiting.get(data.id);
    waiting.delete(data.id);
    if (!answer) return;
    if (data.error) answer.reject(new Unreadable(data.error));
    else answer.resolve(data);
  });
  worker.addEventListener("error", () => giveUp("the worker could not be started"));
}

function giveUp(why) {
  worker?.terminate();
  worker = null;
  for (const answer of waiting.values()) answer.reject(new Unreadable(why));
  waiting.clear();
}

let last = Promise.resolve();

/** One task after the other: each has all of the time that it may take. */
function ask(task, patience) {
  const turn = last.then(() => begin(task, patience));
  last = turn.catch(() => {});
  return turn;
}

function begin(task, patience) {
  if (!worker) start();
  const id = (number += 1);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => giveUp("it took too long"), patience);
    const settle = (done) => (value) => {
      clearTimeout(timer);
      done(value);
    };
    waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
    worker.postMessage({ id, ...task });
  });
}

/** {facts, findings} of a file; Unreadable if it cannot be looked at. */
export const inspected = (file, limits) => ask({ task: "inspect", file, limits }, PATIENCE_MS);

/** {file}: what a repair makes of it. */
export const repairedFile = (file, kind, facts) =>
  ask({ task: "repair", file, kind, facts }, REPAIR_MS);
