// Asks the service what it makes of a file: contigs and places go there, never a genotype.
import { inOrder } from "../preflight/findings.js";
import { MOST_CONTIGS } from "../preflight/limits.js";
import { ask, Refused } from "./net.js";

const SEVERITY = { error: "stop", warning: "warn", info: "note", ok: "ok" };
const PATIENCE_MS = 15_000;
const OURS = new Set(["too_large"]); // said already, from the size alone
const MOST_REFERENCE = 500;

let last = Promise.resolve();

/** One question after the other: the service answers a person's one at a time. */
function inTurn(work) {
  const mine = last.then(work);
  last = mine.catch(() => {});
  return mine;
}

/**
 * The contigs that records are on; of a file that was not read to its end, those that the header
 * declares too, which may be thousands. A file that is cut off was read as far as it goes.
 */
function contigsOf({ header, survey, estimate, seen }) {
  const lengths = new Map(header.contigs.map(({ name, length }) => [name, length]));
  const further = estimate.exact || seen.damage?.cut ? [] : lengths.keys();
  const names = new Set([...survey.contigs.map(({ name }) => name), ...further]);
  return [...names].slice(0, MOST_CONTIGS).map((name) => {
    const length = lengths.get(name);
    return length ? { name, length } : { name };
  });
}

/**
 * {findings, answer}: what the service says of a file with these options; without an answer when
 * it cannot be asked just now, which keeps nobody from uploading. `later`: ask again then.
 */
export async function consult(url, file, facts, options) {
  const question = {
    pack: options.pack || null,
    contig_names: options.contigNames,
    contigs: contigsOf(facts),
    sites: facts.survey.sites,
    size: file.size,
    file_name: file.name,
    reference: [facts.header.reference, ...facts.header.assemblies]
      .join(" ")
      .slice(0, MOST_REFERENCE),
  };
  try {
    const answer = await inTurn(() => ask(url, question, AbortSignal.timeout(PATIENCE_MS)));
    return { answer, findings: inOrder(answer.findings.filter(isNew).map(ofService)) };
  } catch (error) {
    if (!(
      error instanceof Refused ||
      error instanceof TypeError ||
      error instanceof DOMException
    )) {
      throw error;
    }
    return { answer: null, findings: [notAsked(error)], later: !(error instanceof Refused) };
  }
}

const isNew = ({ code }) => !OURS.has(code);

function ofService({ code, severity, sentence, repair, label }) {
  const finding = { code, severity: SEVERITY[severity] ?? "note", text: sentence };
  if (repair?.contig_names) finding.repair = { kind: "rename", label, names: repair.contig_names };
  else if (repair?.pack) finding.repair = { kind: "pack", label, pack: repair.pack };
  return finding;
}

function notAsked(error) {
  const why = error instanceof Refused ? error.message : "The service could not be asked just now.";
  return {
    code: "not_compared",
    severity: "note",
    title: "Not compared with the reference",
    text: `${why} The file can be sent all the same; the job checks it again.`,
  };
}
