// Makes a small VCF of pasted text: a VCF as it is, or one variant per line in any common form.

const HEAD =
  "##fileformat=VCFv4.2\n##source=pasted\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
const MOST_CHARS = 2000;
const BASES = "[ACGTNacgtn]+";
const ALT = "(?:[ACGTNacgtn]+|\\*|<[A-Z:0-9_]+>)";
const CHROM = "[\\w.*-]+?";

// Chromosomes by the accessions that HGVS uses: NC_000001 to NC_000024, and the mitochondrial one.
function chromosomeOf(accession) {
  const [, number] = /^NC_0000(\d\d)\.\d+$/.exec(accession) ?? [];
  if (!number) return accession;
  return { 23: "X", 24: "Y" }[Number(number)] ?? String(Number(number));
}

const FORMS = [
  // 20:4680251 A G · 20-4680251-A-G · chr20:4680251:A:G · 20:4680251 A>G
  new RegExp(
    `^(${CHROM})[:\\s-]+(\\d[\\d,]*)[:\\s-]+(${BASES})(?:[:\\s>/-]+)(${ALT}(?:,${ALT})*)$`,
  ),
  // 20:4680251A>G
  new RegExp(`^(${CHROM})[:\\s-]+(\\d[\\d,]*)\\s*(${BASES})>(${ALT})$`),
];
const HGVS = new RegExp(
  `^(NC_\\d{6}\\.\\d+|(?:chr)?[\\dXYMT]{1,2}):[gm]\\.(\\d+)(${BASES})>(${BASES})$`,
  "i",
);

/** [chrom, pos, id, ref, alt] of a line, or null. */
export function variantOf(text) {
  if (text.length > MOST_CHARS) return null;
  const line = text.trim().replace(/^["']|["']$/g, "");
  const hgvs = HGVS.exec(line);
  if (hgvs)
    return [chromosomeOf(hgvs[1]), hgvs[2], ".", hgvs[3].toUpperCase(), hgvs[4].toUpperCase()];
  for (const form of FORMS) {
    const found = form.exec(line);
    if (found) return [found[1], found[2].replaceAll(",", ""), ".", found[3], found[4]];
  }
  const columns = line.split(/\t|\s+/);
  if (columns.length < 5 || !/^\d+$/.test(columns[1])) return null;
  const [chrom, pos, id, ref, alt] = columns;
  const isRef = new RegExp(`^${BASES}$`).test(ref);
  return isRef ? [chrom, pos, id, ref, alt] : null;
}

/**
 * {text, variants, faults}: the VCF, how many variants it has, and lines that were not understood
 * [{number, line}]. A text that is a VCF already, with tabs, stays as it is.
 */
export function vcfOf(pasted) {
  const text = pasted
    .replace(/\r\n?/g, "\n")
    .replace(/^\ufeff/, "")
    .replace(/\n*$/, "\n");
  const lines = text.split("\n");
  const records = lines.filter((line) => line && !line.startsWith("#"));
  if (text.startsWith("##fileformat=") && records.every((line) => line.split("\t").length >= 8)) {
    return { text, variants: records.length, faults: [] };
  }
  const faults = [];
  const made = [];
  for (const [index, line] of lines.entries()) {
    if (!line.trim() || line.startsWith("#")) continue;
    const variant = variantOf(line);
    const tabbed = line.split("\t");
    if (variant && tabbed.length >= 8) made.push(tabbed.slice(0, 8).join("\t"));
    else if (variant) made.push([...variant, ".", ".", "."].join("\t"));
    else faults.push({ number: index + 1, line: line.trim().slice(0, 60) });
  }
  return { text: made.length ? `${HEAD}${made.join("\n")}\n` : "", variants: made.length, faults };
}
