// What is known of a file before it is sent, for reading: facts, findings, first variants.
import { button, make, plain } from "./dom.js";
import { duration, inCount, roughly, some } from "./words.js";

const CERTAINTY = { certain: "", likely: "probably ", unsure: "perhaps ", unknown: "" };
const COMPRESSION = { gzip: "gzip", bgzf: "bgzip", none: "" };
const MARKS = { stop: "Problem", warn: "Warning", note: "Note", ok: "Good" };
const MOST_ROWS = 10;

const isVcf = (facts) => facts?.kind === "vcf" || facts?.kind === "bcf";

/** One line: `VCF 4.2 · bgzip · 3 samples · about 25,000 variants · GRCh37`. */
export function factsLine({ facts, answer }) {
  if (!isVcf(facts)) return [];
  const { kind, header, compression, estimate, survey } = facts;
  const version = header.version.replace(/^VCFv/, "");
  const variants = estimate.exact
    ? some(survey.records, "record")
    : `${roughly(estimate.records)} records`;
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

/** The gravest findings, always in sight. */
export function findingsList(item, { onRepair, onInsist }) {
  const shown = item.findings.filter(({ severity }) => severity === "stop" || severity === "warn");
  const parts = [];
  if (shown.length) parts.push(list(shown, onRepair));
  if (item.mayInsist) {
    const sentence = make("p", "insist muted small", "Are you sure that the file is right? ");
    sentence.append(
      button("Send it anyway", "btn-quiet", onInsist, `Send it anyway: ${item.name}`),
    );
    parts.push(sentence);
  }
  return parts;
}

/** The lesser ones, behind a word. */
export function notes({ findings }, { onRepair }) {
  const quiet = findings.filter(({ severity }) => severity === "note" || severity === "ok");
  if (!quiet.length) return null;
  const summary = make("summary", "", some(quiet.length, "note"));
  return make("details", "notes", summary, list(quiet, onRepair));
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

/** Some variants as the job will annotate them, behind a word. */
export function preview({ answer, name }, open) {
  if (!answer?.preview.some(({ problem }) => !problem)) return null;
  const rows = answer.preview.slice(0, MOST_ROWS);
  const head = make("tr");
  head.append(...["Variant", "Gene", "Consequence", "Change"].map((title) => column(title)));
  const body = make("tbody");
  body.append(...rows.map(rowOf));
  const table = make("table", "table table-dense", make("thead", "", head), body);
  const box = make("div", "table-scroll", table);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `Some variants of ${name}`);
  const title = `${some(rows.length, "variant")} of it, annotated`;
  const summary = make("summary", "", title);
  const details = make("details", "preview", summary, box);
  details.open = open;
  return details;
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
  const terms = Array.isArray(row.consequence)
    ? row.consequence
    : String(row.consequence ?? "").split("&");
  const impact = String(row.impact ?? "").toLowerCase();
  const word = plain(terms[0]) || "no consequence";
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

const short = (allele) =>
  String(allele).length > 8 ? `${String(allele).slice(0, 7)}…` : String(allele);

/** What the genome was taken for, unless it is said elsewhere, and how long the job will take. */
export function outlook({ answer, findings }) {
  if (!answer) return "";
  const { guess, why } = answer.assembly;
  const isSaid = !guess || findings.some(({ severity }) => severity === "stop");
  const time = `Annotating it takes about ${duration(answer.expected_seconds)}.`;
  return [why && !isSaid ? why : "", answer.expected_seconds ? time : ""]
    .filter(Boolean)
    .join(" ");
}
