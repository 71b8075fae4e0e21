// The records of a VCF, line by line: counted, checked, and a few sites kept for the service.
import { LIMITS, MOST_SITES, MOST_SITE_CHARS } from "./limits.js";

// Of the sites that are asked about, so many are the first of the file, so many the first of
// contigs, and so many lie at even distances over what was read.
const FIRST_SITES = 40;
const SITES_OF_A_CONTIG = 4;
const SPREAD_SITES = 80;
const MOST_SEEN_CONTIGS = 5000;
const MOST_KEYS = 8;
const MOST_ALLELE = 1000; // longer ones are sequence, or nothing
const WHOLE = /^\d{1,10}$/;
const BASES = /^[ACGTNacgtn]+$/;
const AMBIGUOUS = /^[ACGTNRYSWKMBDHVacgtnryswkmbdhv]+$/;
const ALLELE =
  /^(?:[ACGTNacgtn]+|\*|\.|<[^<>\s]+>|\S*[[\]]\S+[[\]]\S*|\.[ACGTNacgtn]+|[ACGTNacgtn]+\.)$/;

export class Survey {
  /** `columns`: as many as the #CHROM line has; 0 if there is none. */
  constructor({ columns = 0, info = new Set(), format = new Set() } = {}) {
    this.records = 0;
    this.sites = []; // the first of the file, and of contigs
    this.spread = []; // of every `stride`th record
    this.stride = 1;
    this.contigs = new Map(); // name → records
    this.faults = new Map(); // code → {count, line, found}
    this.unsorted = null; // {line, chrom, pos}
    this.undeclaredInfo = new Set();
    this.undeclaredFormat = new Set();
    this.withoutAlt = 0; // records of a gVCF that say "as the reference"
    this.symbolic = 0;
    this.close = 0;
    this.columns = columns;
    this.info = info;
    this.format = format;
    this.lastFormat = "";
    this.chrom = "";
    this.position = 0;
    this.ofContig = 0;
  }

  /** Takes a record's line, without its line end; `number` counts lines from 1. */
  take(line, number) {
    if (!line) return;
    if (line.startsWith("#")) {
      this.fault("header_among_records", number, line.slice(0, 40));
      return;
    }
    this.records += 1;
    if (this.close >= LIMITS.closeRecords) {
      const tab = line.indexOf("\t");
      const second = line.indexOf("\t", tab + 1);
      if (tab < 0 || second < 0) this.fault("too_few_columns", number, line.slice(0, 40));
      else this.#place(line.slice(0, tab), line.slice(tab + 1, second), number, line);
      return;
    }
    this.close += 1;
    const columns = line.split("\t");
    if (columns.length < 8) {
      this.fault(
        line.trim().split(/\s+/).length >= 8 ? "blanks_for_tabs" : "too_few_columns",
        number,
        line.slice(0, 40),
      );
      return;
    }
    const expected = this.columns === 9 ? 0 : this.columns;
    if (expected && columns.length !== expected) {
      this.fault("wrong_column_count", number, `${columns.length} columns, not ${expected}`);
    }
    this.#look(columns, number);
    this.#place(columns[0], columns[1], number, columns);
  }

  /** Takes a record that is read already (BCF). */
  takeSite(chrom, pos, ref, alt, number) {
    this.records += 1;
    this.close += 1;
    this.#alleles(ref, alt, number);
    this.#place(chrom, String(pos), number, [chrom, String(pos), ".", ref, alt]);
  }

  fault(code, line, found = "") {
    const known = this.faults.get(code);
    if (known) known.count += 1;
    else this.faults.set(code, { count: 1, line, found });
  }

  /** As plain data. */
  facts() {
    const { records, close, unsorted, withoutAlt, symbolic } = this;
    const sites = [...this.sites, ...this.spread].toSorted((a, b) => a.line - b.line);
    return {
      ...{ records, close, sites, unsorted, withoutAlt, symbolic },
      contigs: Array.from(this.contigs, ([name, count]) => ({ name, count })),
      faults: Object.fromEntries(this.faults),
      undeclaredInfo: [...this.undeclaredInfo],
      undeclaredFormat: [...this.undeclaredFormat],
    };
  }

  #look(columns, number) {
    this.#alleles(columns[3], columns[4], number);
    if (columns[7] !== ".") {
      for (const field of columns[7].split(";")) {
        const key = field.split("=", 1)[0];
        if (/\s/.test(key)) this.fault("blank_in_info", number, field.slice(0, 40));
        else if (key && !this.info.has(key)) remember(this.undeclaredInfo, key);
      }
    }
    const format = columns[8];
    if (format && format !== this.lastFormat) {
      this.lastFormat = format;
      for (const key of format.split(":")) {
        if (key && key !== "." && !this.format.has(key)) remember(this.undeclaredFormat, key);
      }
    }
  }

  #alleles(ref, alt, number) {
    if (!BASES.test(ref)) {
      this.fault(AMBIGUOUS.test(ref) ? "ambiguous_ref" : "bad_ref", number, ref.slice(0, 20));
    }
    const alleles = alt.split(",");
    if (alleles.some((one) => !isAllele(one))) {
      this.fault(
        /^(D\d+|I[ACGTN]+)$/.test(alleles[0]) ? "old_indel" : "bad_alt",
        number,
        alt.slice(0, 20),
      );
    } else if (alleles.every((one) => one === "." || one === "<NON_REF>" || one === "<*>")) {
      this.withoutAlt += 1;
    } else if (alleles.some((one) => one.startsWith("<"))) this.symbolic += 1;
  }

  #place(chrom, pos, number, record) {
    if (chrom !== this.chrom) this.#enter(chrom, number);
    this.ofContig += 1;
    this.contigs.set(chrom, (this.contigs.get(chrom) ?? 0) + 1);
    if (!WHOLE.test(pos)) {
      this.fault("bad_position", number, pos.slice(0, 20));
      return;
    }
    const position = Number(pos);
    if (position < this.position && !this.unsorted) this.unsorted = { line: number, chrom, pos };
    this.position = position;
    if (this.records <= FIRST_SITES || this.ofContig <= SITES_OF_A_CONTIG) {
      if (this.sites.length < MOST_SITES - SPREAD_SITES) {
        this.#keep(this.sites, chrom, position, record, number);
      }
    } else if (this.records % this.stride === 0) {
      this.#keep(this.spread, chrom, position, record, number);
      if (this.spread.length > SPREAD_SITES) this.#thin();
    }
  }

  #enter(chrom, number) {
    if (this.contigs.has(chrom) && !this.unsorted) {
      this.unsorted = { line: number, chrom, pos: "" };
    } else if (this.contigs.size >= MOST_SEEN_CONTIGS && !this.contigs.has(chrom)) {
      this.contigs.delete(this.contigs.keys().next().value);
    }
    this.chrom = chrom;
    this.position = 0;
    this.ofContig = 0;
  }

  /** Every second one goes, and from here on only every second comes. */
  #thin() {
    this.stride *= 2;
    this.spread = this.spread.filter((_, index) => index % 2);
  }

  #keep(kept, chrom, pos, record, line) {
    const [, , , ref = "", alt = ""] = typeof record === "string" ? record.split("\t", 5) : record;
    if (!ref || !alt || pos < 1 || chrom.length + ref.length + alt.length > MOST_SITE_CHARS) return;
    const site = { chrom, pos, ref, alt, line };
    const [, end] = (alt.startsWith("<") && /(?:^|;)END=(\d{1,10})/.exec(record[7])) || [];
    kept.push(end ? { ...site, end: Number(end) } : site);
  }
}

const isAllele = (one) => (one.length > MOST_ALLELE ? BASES : ALLELE).test(one);

function remember(set, key) {
  if (set.size < MOST_KEYS) set.add(key.slice(0, 30));
}
