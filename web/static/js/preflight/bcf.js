// The head of a BCF2 file, unpacked: its header is that of a VCF, its records are binary.
// Layout: VCF 4.3, section 6. Only CHROM, POS, REF and ALT are read.
import { Header } from "./header.js";
import { MIB } from "./limits.js";
import { Survey } from "./survey.js";
import { Damaged } from "./unpack.js";

const MOST_HEADER = 64 * MIB;
const MOST_RECORD = 64 * MIB;
const text = new TextDecoder();

export class BcfReader {
  constructor() {
    this.header = null;
    this.survey = null;
    this.held = new Uint8Array(0);
    this.contigs = [];
  }

  /** Takes the next bytes; what is not whole yet is held. */
  take(bytes) {
    const all = new Uint8Array(this.held.length + bytes.length);
    all.set(this.held);
    all.set(bytes, this.held.length);
    let at = this.header ? 0 : this.#takeHeader(all);
    while (this.header) {
      const size = this.#takeRecord(all, at);
      if (!size) break;
      at += size;
    }
    this.held = all.slice(at);
  }

  /** What is held at the end of the file should be nothing. */
  get leftOver() {
    return this.held.length;
  }

  #takeHeader(all) {
    if (all.length < 9) return 0;
    const size = view(all).getUint32(5, true);
    if (size > MOST_HEADER) throw new Damaged("the header is too long");
    if (all.length < 9 + size) return 0;
    this.header = new Header();
    for (const line of text
      .decode(all.subarray(9, 9 + size))
      .replace(/\0+$/, "")
      .split(/\r?\n/)) {
      if (!line.startsWith("#")) continue;
      this.header.take(line);
      const [, name] = /^##contig=<.*?ID=([^,>]+)/.exec(line) ?? [];
      const [, index] = /[,<]IDX=(\d+)/.exec(line) ?? [];
      if (name) this.contigs[index === undefined ? this.contigs.length : Number(index)] = name;
    }
    this.survey = new Survey(this.header);
    return 9 + size;
  }

  #takeRecord(all, at) {
    if (all.length - at < 32) return 0;
    const data = view(all);
    const shared = data.getUint32(at, true);
    const total = 8 + shared + data.getUint32(at + 4, true);
    if (shared < 24 || total > MOST_RECORD) throw new Damaged("a record is not as it should be");
    if (all.length - at < total) return 0;
    const chrom = this.contigs[data.getInt32(at + 8, true)] ?? "?";
    const pos = data.getInt32(at + 12, true) + 1;
    const alleles = data.getUint16(at + 26, true);
    const end = at + 8 + shared;
    let place = skip(all, at + 32, end); // ID
    const found = [];
    for (let i = 0; i < Math.min(alleles, 50) && place < end; i += 1) {
      const [from, to] = span(all, place, end);
      found.push(text.decode(all.subarray(from, to)));
      place = to;
    }
    this.survey.takeSite(
      chrom,
      pos,
      found[0] ?? "",
      found.slice(1).join(",") || ".",
      this.survey.records + 1,
    );
    return total;
  }
}

const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where a typed string begins and ends. A length of 15 means: the length follows as a number. */
function span(bytes, at, end) {
  let length = bytes[at] >> 4;
  let from = at + 1;
  if (length === 15) {
    const width = { 1: 1, 2: 2, 3: 4 }[bytes[from] & 15] ?? 1;
    if (from + 1 + width > end) throw new Damaged("a record is not as it should be");
    const data = view(bytes);
    length =
      width === 1
        ? bytes[from + 1]
        : width === 2
          ? data.getUint16(from + 1, true)
          : data.getUint32(from + 1, true);
    from += 1 + width;
  }
  if (from + length > end) throw new Damaged("a record is not as it should be");
  return [from, from + length];
}

const skip = (bytes, at, end) => span(bytes, at, end)[1];
