// Looks at files beside the page, so that it stays quick whatever is in them.
import { findingsOf } from "./findings.js";
import { inspect } from "./inspect.js";
import { repaired } from "./repair.js";

async function work({ task, file, limits, kind, facts }) {
  if (task === "repair") return { file: await repaired(file, kind, facts) };
  const found = await inspect(file, limits);
  return { facts: found, findings: findingsOf(found, file, limits) };
}

self.addEventListener("message", async ({ data }) => {
  try {
    self.postMessage({ id: data.id, ...(await work(data)) });
  } catch (error) {
    // Files that moved, disks that fail, and faults of ours: the page goes on without us.
    self.postMessage({ id: data.id, error: `${error.name}: ${error.message}` });
  }
});
