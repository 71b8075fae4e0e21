// What the facts about a file mean for its owner: a list of findings, the gravest first, each with
// what it is, what to do, and a repair where this page can do it.
//
// A finding: {code, severity, title, text, repair?, firm?}. "stop" keeps the file from being sent
// unless its owner insists, which a `firm` one does not allow; "warn" is sent as it is; "note" is
// good to know. `repair`: {kind, label}, see repair.js.
import { inCount, inWords } from "../upload/words.js";
import { recordFindings } from "./record-findings.js";

const ORDER = { stop: 0, warn: 1, note: 2 };
const SMALL_ENOUGH = 64 * 2 ** 20; // for a repair that is done in this page

const stop = (code, title, text, more = {}) => ({ code, severity: "stop", title, text, ...more });
const warn = (code, title, text, more = {}) => ({ code, severity: "warn", title, text, ...more });
const note = (code, title, text, more = {}) => ({ code, severity: "note", title, text, ...more });

const repairable = (size, kind, label) => (size <= SMALL_ENOUGH ? { repair: { kind, label } } : {});

/** `limits`: {maxBytes, limit (in words), plan (its name), couldUpgrade}. */
export function findingsOf(facts, file, limits) {
  const found = [...sizeFindings(facts, file, limits)];
  if (facts.kind === "empty") {
    found.push(
      stop("empty", "The file is empty", "Choose a VCF file with content.", { firm: true }),
    );
  } else if (facts.kind === "other" || facts.kind === "utf16") found.push(notVcf(facts, file));
  else {
    found.push(...wholeness(facts, file), ...headerFindings(facts), ...textFindings(facts, file));
    found.push(...recordFindings(facts, file, { stop, warn, note, repairable }));
  }
  return inOrder(found);
}

/** The gravest first; of equals, as they came. */
export function inOrder(findings) {
  return findings.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

function sizeFindings(facts, file, { maxBytes, limit, plan, couldUpgrade }) {
  if (file.size <= maxBytes) return [];
  const fits = facts.kind === "vcf" && facts.packedSize < maxBytes * 0.95;
  const ways = fits
    ? `Compressed, it would be about ${inWords(facts.packedSize)} and fit.`
    : `Compress it with bgzip or gzip, ${couldUpgrade ? "split it, or upgrade to Premium." : "or split it."}`;
  return [
    stop(
      "too_large",
      `Too large for the ${plan} plan`,
      `This file (${inWords(file.size)}) is above the limit of the ${plan} plan, ${limit}. ${ways}`,
      { firm: true, ...(fits && { repair: { kind: "compress", label: "Compress it here" } }) },
    ),
  ];
}

function notVcf(facts, file) {
  if (facts.kind === "utf16") {
    return stop(
      "utf16",
      "Text in UTF-16",
      "A VCF is text in UTF-8. Save it as UTF-8 in the program that wrote it.",
      repairable(file.size, "utf8", "Make it UTF-8 here"),
    );
  }
  const [vcf, ...others] = facts.zip?.vcfs ?? [];
  if (vcf && !others.length) {
    return stop(
      "zip",
      "A zip archive",
      `It holds one VCF, ${vcf}. Unpack it, and choose that.`,
      repairable(file.size, "unzip", "Take the VCF out of it"),
    );
  }
  if (facts.other) {
    return stop("not_a_vcf", `This is ${facts.other.what}`, facts.other.remedy, { firm: true });
  }
  if (facts.text?.zeroAt) {
    return stop(
      "binary",
      "This is not text",
      "Choose a VCF as text, or one compressed with bgzip or gzip.",
    );
  }
  return stop(
    "not_a_vcf",
    "This is not a VCF file",
    `It begins with “${facts.first ?? ""}”. A VCF begins with a line such as ##fileformat=VCFv4.2.`,
  );
}

function wholeness({ seen, compression, end, text, kind }, file) {
  const again = "Download or copy it again, and test it with: gzip -t FILE";
  if (seen.damage?.cut) {
    return [stop("cut", "The file is cut off", `Its compressed data ends too early. ${again}`)];
  }
  if (seen.damage) {
    const where = `at byte ${inCount(seen.damage.at)} of ${inCount(file.size)}`;
    return [
      stop("damaged", "The file is damaged", `Its compressed data is wrong ${where}. ${again}`),
    ];
  }
  if (compression === "bgzf" && !end.endMark) {
    return [
      warn(
        "no_end_mark",
        "The end may be missing",
        `The block that bgzip writes last is not there. ${again}`,
      ),
    ];
  }
  if (end.zeros || text?.zeroAt) {
    return [
      stop(
        "zeros",
        "There are zero bytes in the text",
        "They stand where a copy or a download has stopped. Get the file once more.",
      ),
    ];
  }
  return kind === "vcf" && compression === "none" ? lastLine(end) : [];
}

function lastLine({ openEnd, columns }) {
  if (!openEnd) return [];
  if (columns && columns < 8) {
    return [
      warn(
        "cut_line",
        "The last line is cut off",
        "The file was probably not copied to its end. Get it once more.",
      ),
    ];
  }
  return [];
}

function textFindings({ text }, file) {
  if (!text) return [];
  const found = [];
  if (text.noLineEnds) {
    found.push(
      stop(
        "old_line_ends",
        "The lines do not end as they should",
        "They end in a carriage return alone, as on old Macs, or not at all.",
        repairable(file.size, "newlines", "Put the line ends right"),
      ),
    );
  }
  if (text.carriageReturns) {
    found.push(note("crlf", "Line ends of Windows", "They do no harm."));
  }
  if (text.mark) found.push(note("bom", "A byte order mark at the beginning", "It does no harm."));
  return found;
}

function headerFindings({ header, kind, text }) {
  const found = [];
  if (header.badColumns && !header.blanks) {
    found.push(
      stop(
        "bad_columns",
        "The line of the column names is wrong",
        "It should name #CHROM POS ID REF ALT QUAL FILTER INFO in this order, with tabs between.",
      ),
    );
  } else if (!header.columns && kind === "vcf" && !text?.noLineEnds) {
    found.push(
      note("no_column_names", "No #CHROM line", "The columns are taken to be those of a VCF."),
    );
  }
  if (header.version && !/^VCFv(3\.[23]|4\.[0-5])$/.test(header.version)) {
    found.push(
      warn("version", `An unknown version, ${header.version.slice(0, 20)}`, "It is read as VCF 4."),
    );
  } else if (header.badFirstLine && kind === "vcf") {
    found.push(note("no_version", "The first line names no version", "It is read as VCF 4.2."));
  }
  if (header.sampleTwice) {
    found.push(
      warn(
        "sample_twice",
        `The sample ${header.sampleTwice} stands there twice`,
        "Give every sample a name of its own: bcftools reheader -s NAMES",
      ),
    );
  }
  if (header.annotatedBy.length) {
    found.push(
      note(
        "annotated",
        "Annotated before",
        `The file has ${header.annotatedBy.join(" and ")}. ${
          header.annotatedBy.includes("CSQ") ? "CSQ is replaced by ours; the rest" : "It"
        } stays as it is.`,
      ),
    );
  }
  return found;
}
