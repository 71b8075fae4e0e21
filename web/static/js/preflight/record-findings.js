// What is said of the records of a file: faults with the line of the first, order, and counts.
import { inCount } from "../upload/words.js";

// code → [severity, title, what to do]. `{found}` is what stands there.
const FAULTS = {
  too_few_columns: [
    "warn",
    "Lines with too few columns",
    "“{found}”: a record needs 8 columns separated by tabs. These lines pass through unchanged.",
  ],
  wrong_column_count: [
    "warn",
    "Lines that do not fit the #CHROM line",
    "{found}. The line was probably cut, or joined with another.",
  ],
  bad_position: [
    "warn",
    "Positions that are no numbers",
    "“{found}”: give POS as a whole number, counted from 1.",
  ],
  bad_ref: [
    "warn",
    "REF that is no sequence",
    "“{found}”: write REF with the letters A, C, G, T or N.",
  ],
  ambiguous_ref: [
    "note",
    "REF with ambiguous bases",
    "“{found}”: records with letters other than A, C, G, T and N pass through unchanged.",
  ],
  bad_alt: [
    "warn",
    "ALT that is no allele",
    "“{found}”: separate several by commas; write none as a full stop.",
  ],
  old_indel: [
    "warn",
    "Indels as VCF 3 wrote them",
    "“{found}”: convert the file to VCF 4 first, with vcf-convert of VCFtools.",
  ],
  blank_in_info: ["note", "Blanks in INFO", "“{found}”: other tools may stop at them."],
  header_among_records: [
    "warn",
    "Header lines among the records",
    "“{found}”: files were probably joined. Join them with bcftools concat instead.",
  ],
};

/** `make` holds the makers of findings (findings.js). */
export function recordFindings(facts, file, make) {
  const { survey, seen } = facts;
  if (facts.text?.noLineEnds) return [];
  if (!survey.records) {
    const where = seen.whole ? "in this file" : "at the beginning of this file";
    return [
      seen.damage
        ? null
        : make[seen.whole ? "stop" : "warn"](
            "no_records",
            "No variants",
            `There is a header and no record ${where}. See whether it was copied to its end.`,
          ),
    ].filter(Boolean);
  }
  return [...faults(facts, file, make), ...order(survey, make), ...contents(survey, make)];
}

function faults({ survey, estimate, text }, file, make) {
  const found = [];
  const blanks = survey.faults.blanks_for_tabs;
  if (blanks) {
    const all = blanks.count > survey.close / 2;
    found.push(
      make[all ? "stop" : "warn"](
        "blanks_for_tabs",
        "Blanks where tabs belong",
        `The columns are separated by blanks, first in line ${inCount(blanks.line)}. ` +
          "That happens when a VCF is copied from a page or an editor.",
        make.repairable(file.size, "tabs", "Put tabs in their place"),
      ),
    );
  }
  for (const [code, [severity, title, help]] of Object.entries(FAULTS)) {
    const fault = survey.faults[code];
    if (!fault) continue;
    const some = estimate.exact
      ? inCount(fault.count)
      : `${inCount(fault.count)} in what was looked at`;
    const where = `First in line ${inCount(fault.line)}`;
    found.push(
      make[severity](
        code,
        `${title} (${some})`,
        `${where}: ${help.replace("{found}", fault.found)}`,
      ),
    );
  }
  if (text?.stray && !blanks && !found.length) {
    found.push(make.warn("stray_line", "A line that is no record", `“${text.stray}”`));
  }
  return found;
}

function order({ unsorted }, make) {
  if (!unsorted) return [];
  const place = unsorted.pos ? `${unsorted.chrom}:${unsorted.pos}` : unsorted.chrom;
  return [
    make.warn(
      "unsorted",
      "The records are not sorted",
      `Line ${inCount(unsorted.line)} (${place}) stands too late. They are annotated all the same and ` +
        "keep their order, but there will be no index for genome browsers. Sort it: bcftools sort",
    ),
  ];
}

function contents({ undeclaredInfo, undeclaredFormat, withoutAlt, close }, make) {
  const found = [];
  const keys = [
    ...undeclaredInfo.map((key) => `INFO/${key}`),
    ...undeclaredFormat.map((key) => `FORMAT/${key}`),
  ];
  if (keys.length) {
    found.push(
      make.note(
        "undeclared",
        "Fields that the header does not declare",
        `${keys.join(", ")}. They are kept; other tools may ask for the declarations.`,
      ),
    );
  }
  if (withoutAlt > close / 2) {
    found.push(
      make.note(
        "gvcf",
        "Mostly places without a variant (gVCF)",
        "They pass through and are counted. Only records with an alternate allele get annotations.",
      ),
    );
  }
  return found;
}
