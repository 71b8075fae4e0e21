// The header of a VCF: what it declares. Collects line by line; nothing of it is sent anywhere.

const MOST_DECLARED = 20_000;
const MOST_SAMPLES = 100;
const MOST_LINE = 8192; // of a declaration; what names things stands at its beginning
const FIXED = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"];

/** `key=value` pairs of a structured header line, quotes respected. */
export function fieldsOf(text) {
  const fields = {};
  const pattern = /([^=,<>]+)=("(?:[^"\\]|\\.)*"|[^,>]*)/g;
  for (const [, key, value] of text.matchAll(pattern)) {
    fields[key.trim()] = value.startsWith('"') ? value.slice(1, -1) : value;
  }
  return fields;
}

export class Header {
  constructor() {
    this.version = "";
    this.reference = "";
    this.source = "";
    this.contigs = new Map(); // name → length or null
    this.assemblies = new Set();
    this.info = new Set();
    this.format = new Set();
    this.samples = [];
    this.columns = 0; // 0: there is no #CHROM line
    this.lines = 0;
    this.blanks = false; // the #CHROM line has blanks where tabs belong
    this.badColumns = "";
    this.badFirstLine = false;
    this.annotatedBy = [];
  }

  /** Takes a line that begins with `#`; true once it was the #CHROM line. */
  take(whole) {
    const line = whole.startsWith("##") ? whole.slice(0, MOST_LINE) : whole;
    this.lines += 1;
    if (this.lines === 1) this.badFirstLine = !/^##(file)?format=/.test(line);
    if (!line.startsWith("##")) return this.#takeColumns(line);
    const [, key, value] = /^##([^=]+)=(.*)$/.exec(line) ?? [];
    if (key === "fileformat" || key === "format") this.version = value;
    else if (key === "reference") this.reference = value.slice(0, 200);
    else if (key === "source") this.source = value.slice(0, 80);
    else if (key === "contig") this.#takeContig(fieldsOf(value));
    else if (key === "INFO") this.#takeInfo(fieldsOf(value).ID);
    else if (key === "FORMAT" && this.format.size < MOST_DECLARED)
      this.format.add(fieldsOf(value).ID);
    return false;
  }

  #takeContig({ ID: name, length, assembly }) {
    if (!name || this.contigs.size >= MOST_DECLARED) return;
    const bases = Number(length);
    this.contigs.set(name, Number.isSafeInteger(bases) && bases > 0 ? bases : null);
    if (assembly) this.assemblies.add(assembly);
  }

  #takeInfo(id) {
    if (!id || this.info.size >= MOST_DECLARED) return;
    this.info.add(id);
    if (["CSQ", "ANN", "BCSQ"].includes(id)) this.annotatedBy.push(id);
  }

  #takeColumns(line) {
    let names = line.replace(/\t+$/, "").split("\t");
    if (names.length < FIXED.length && line.trim().split(/\s+/).length >= FIXED.length) {
      names = line.trim().split(/\s+/);
      this.blanks = true;
    }
    if (!FIXED.every((name, i) => names[i] === name)) this.badColumns = line.slice(0, 80);
    this.columns = names.length;
    this.samples = names.slice(9);
    return true;
  }

  /** As plain data. */
  facts() {
    const { version, reference, source, columns, lines, blanks, badColumns, badFirstLine } = this;
    return {
      ...{ version, reference, source, columns, lines, blanks, badColumns, badFirstLine },
      contigs: Array.from(this.contigs, ([name, length]) => ({ name, length })),
      assemblies: [...this.assemblies].slice(0, 5),
      annotatedBy: this.annotatedBy,
      sampleCount: this.samples.length,
      samples: this.samples.slice(0, MOST_SAMPLES),
      sampleTwice: this.sampleTwice,
    };
  }

  /** Names that stand twice among the samples. */
  get sampleTwice() {
    const seen = new Set();
    return this.samples.find((name) => seen.has(name) || !seen.add(name)) ?? "";
  }
}
