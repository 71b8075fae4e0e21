// The pages of imports: show how far a file is, until it is here or has failed.
import { getFragment, poll } from "./poll.js";

const one = () => document.getElementById("import");
const list = () => document.getElementById("imports");

async function freshen(current, id) {
  const fresh = await getFragment(window.location.href, `#${id}`);
  if (!fresh) return "lost";
  const adopted = document.adoptNode(fresh);
  const same = adopted.innerHTML === current.innerHTML;
  // A button that has the focus stays as it is, unless something else takes its place.
  if (!same) current.replaceWith(adopted);
  return same ? "same" : "changed";
}

async function stepOfOne() {
  const before = one();
  let outcome;
  try {
    outcome = await freshen(before, "import");
  } catch (error) {
    if (error instanceof TypeError || !(await isHere(before))) throw error;
    window.location.replace(before.dataset.job);
    return "stop";
  }
  if (outcome === "lost") return outcome;
  const now = one();
  if (now.dataset.title !== before.dataset.title && now.dataset.state !== before.dataset.state) {
    document.getElementById("announce").textContent = now.dataset.title;
  }
  return "live" in now.dataset ? "changed" : "stop";
}

/** The page leads on to the job once there is one; so it does when the session has ended. */
async function isHere(before) {
  const answer = await fetch(before.dataset.job, { headers: { Accept: "application/json" } });
  return answer.ok;
}

const connection = document.getElementById("connection");
const lost = (is) => {
  if (connection) connection.hidden = !is;
};

if (one() && "live" in one().dataset) poll(stepOfOne, lost);
if (list() && "live" in list().dataset) {
  poll(async () => {
    const outcome = await freshen(list(), "imports");
    return outcome === "lost" || "live" in list().dataset ? outcome : "stop";
  });
}
