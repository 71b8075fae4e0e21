// What is known of a file before it is sent, for reading: facts, findings, first variants.
import { button, make, plain } from "./dom.js";
import { duration, inCount, roughly, some } from "./words.js";

const CERTAINTY = { certain: "", likely: "probably ", unsure: "perhaps ", unknown: "" };
const COMPRESSION = { gzip: "gzip", bgzf: "bgzip", none: "" };
const MARKS = { stop: "Problem", warn: "Warning", note: "Note", ok: "Good" };
const MOST_ROWS = 10;

/** One line: `VCF 4.2 · bgzip · 3 samples · about 25,000 variants · GRCh37`. */
export function factsLine({ facts, answer }) {
  if (!facts?.header) return [];
  const { kind, header, compression, estimate, survey } = facts;
  const version = header.version.replace(/^VCFv/, "");
  const variants = estimate.exact ? some(survey.records, "record") : `${roughly(estimate.records)} records`;
  const line = [
    kind === "bcf" ? "BCF" : `VCF ${version}`.trim(),
    COMPRESSION[compression],
    header.sampleCount ? some(header.sampleCount, "sample") : "no samples",
    variants,
  ];
  if (answer?.assembly.guess) {
    line.push(`${CERTAINTY[answer.assembly.certainty] ?? ""}${answer.assembly.guess}`);
  }
  return line.filter(Boolean);
}

/** The gravest findings in sight, the notes behind a word. */
export function findingsList(item, { onRepair, onInsist }) {
  const shown = item.findings.filter(({ severity }) => severity === "stop" || severity === "warn");
  const quiet = item.findings.filter(({ severity }) => severity === "note");
  const parts = [];
  if (shown.length) parts.push(list(shown, onRepair));
  if (item.mayInsist) {
    const sentence = make("p", "insist muted small", "Are you sure that the file is right? ");
    sentence.append(button("Send it anyway", "btn-quiet", onInsist, `Send ${item.name} anyway`));
    parts.push(sentence);
  }
  if (quiet.length) {
    const details = make("details", "notes", make("summary", "", some(quiet.length, "note")));
    details.append(list(quiet, onRepair));
    parts.push(details);
  }
  return parts;
}

function list(findings, onRepair) {
  const items = findings.map((finding) => {
    const { severity, title, text, repair } = finding;
    const words = make("p", "", make("span", "visually-hidden", `${MARKS[severity]}: `));
    if (title) words.append(make("strong", "", `${title}.`), " ");
    words.append(text);
    const row = make("li", `finding finding-${severity}`, make("div", "", words));
    if (repair) {
      row.firstChild.append(button(repair.label, "btn-secondary", () => onRepair(repair)));
    }
    return row;
  });
  const all = make("ul", "findings");
  all.append(...items);
  return all;
}

/** The first variants as the job will annotate them, behind a word. */
export function preview({ answer, name }) {
  if (!answer?.preview.length) return null;
  const rows = answer.preview.slice(0, MOST_ROWS);
  const head = make("tr");
  head.append(...["Variant", "Gene", "Consequence", "Change"].map((title) => column(title)));
  const body = make("tbody");
  body.append(...rows.map(rowOf));
  const table = make("table", "table table-dense", make("thead", "", head), body);
  const box = make("div", "table-scroll", table);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `First variants of ${name}`);
  const summary = make("summary", "", `The first ${some(rows.length, "variant")}, annotated`);
  return make("details", "preview", summary, box);
}

function column(title) {
  const cell = make("th", "", title);
  cell.scope = "col";
  return cell;
}

function rowOf(row) {
  const place = make("td", "preview-place", `${row.chrom}:${inCount(row.pos)} `);
  place.append(make("span", "alleles", `${short(row.ref)}>${short(row.alt)}`));
  if (row.problem) {
    const cell = make("td", "muted", row.problem.message);
    cell.colSpan = 3;
    return make("tr", "", place, cell);
  }
  const terms = Array.isArray(row.consequence) ? row.consequence : String(row.consequence ?? "").split("&");
  const impact = String(row.impact ?? "").toLowerCase();
  const word = plain(terms[0]) || "between genes";
  const consequence = make("span", impact ? `impact impact-${impact}` : "", word);
  const change = plain(row.hgvsp || row.hgvsc || "").replace(/^[^:]*:/, "");
  return make(
    "tr",
    "",
    place,
    make("td", "", make("em", "", row.symbol || "")),
    make("td", "", consequence),
    make("td", "", make("code", "", change)),
  );
}

const short = (allele) => (String(allele).length > 8 ? `${String(allele).slice(0, 7)}…` : String(allele));

/** What the genome was taken for, and how long the job will take, in a sentence each. */
export function outlook({ answer, facts }) {
  if (!answer) return "";
  const sentences = [];
  if (answer.assembly.why) sentences.push(answer.assembly.why);
  if (answer.expected_seconds) {
    sentences.push(`Annotating takes about ${duration(answer.expected_seconds)}.`);
  }
  const sent = facts.survey.sites.length;
  sentences.push(
    `For this, names of contigs and ${some(sent, "place")} with REF and ALT were sent; no genotypes.`,
  );
  return sentences.join(" ");
}
