// Looks at a file before a byte of it is sent: what it is, what it holds, whether it is whole.
// Runs in a worker; see `LIMITS` for how much of the file is read.
import { BcfReader } from "./bcf.js";
import { Header } from "./header.js";
import { LIMITS, MIB } from "./limits.js";
import { isBcf, isZip, otherKindOf, otherTextOf, utf16Of, zipKindOf } from "./magic.js";
import { Survey } from "./survey.js";
import { endOfBgzf, endOfText } from "./tail.js";
import { bytesOf, compressionOf, Damaged, unpacked } from "./unpack.js";
import { namesInZip } from "./zip.js";

const RECORD = /^[^\t#]+\t\d+\t[^\t]*\t[^\t]+\t[^\t]+\t[^\t]*\t[^\t]*\t/;
const BLANK_RECORD = /^[^\s#]+ +\d+ +\S+ +[A-Za-z.*]+ +\S+ +\S+ +\S+ +\S/;

/** Reads lines from pieces of text; keeps what a VCF says. */
class TextReader {
  constructor() {
    this.header = new Header();
    this.survey = null;
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    this.held = "";
    this.number = 0;
    this.first = "";
    this.mark = false;
    this.carriageReturns = false;
    this.zeroAt = 0;
    this.noLineEnds = false;
    this.stray = "";
  }

  take(bytes) {
    const zero = this.zeroAt ? -1 : bytes.indexOf(0);
    if (zero >= 0) this.zeroAt = zero + 1;
    let text = this.held + this.decoder.decode(bytes, { stream: true });
    if (!this.first) {
      this.mark = text.startsWith("\ufeff");
      if (this.mark) text = text.slice(1);
      this.first = text.slice(0, 4096);
      if (/^[^\n]*\r(?!\n)/.test(this.first)) this.noLineEnds = true;
    }
    let at = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", at)) {
      this.#line(text.slice(at, end));
      at = end + 1;
    }
    this.held = text.slice(at);
    if (this.held.length > LIMITS.lineBytes) this.noLineEnds = true;
  }

  /** The last line, if it has no line end. */
  end() {
    if (this.held && !this.noLineEnds) this.#line(this.held);
    this.held = "";
  }

  #line(raw) {
    this.number += 1;
    let line = raw;
    if (raw.endsWith("\r")) {
      this.carriageReturns = true;
      line = raw.slice(0, -1);
    }
    if (this.survey) this.survey.take(line, this.number);
    else if (line.startsWith("#")) {
      if (this.header.take(line)) this.survey = new Survey(this.header);
    } else if (line) {
      if (!RECORD.test(line)) this.stray ||= line.slice(0, 80);
      this.survey = new Survey(this.header);
      this.survey.take(line, this.number);
    }
  }

  get looksLikeVcf() {
    return (
      /^##(file)?format=VCF/i.test(this.first) ||
      this.header.columns > 0 ||
      RECORD.test(this.first) ||
      BLANK_RECORD.test(this.first)
    );
  }
}

async function read(file, compression, reader) {
  const until = performance.now() + LIMITS.milliseconds;
  const seen = { bytes: 0, text: 0, whole: true, damage: null, headerBytes: 0 };
  try {
    for await (const { bytes, read: position } of unpacked(file, compression)) {
      reader.take(bytes);
      seen.bytes = position;
      seen.text += bytes.length;
      if (!reader.survey) seen.headerBytes = position;
      const enough =
        position >= LIMITS.readBytes || seen.text >= LIMITS.textBytes || performance.now() > until;
      if ((enough && position < file.size) || reader.noLineEnds) {
        seen.whole = false;
        return seen;
      }
    }
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    seen.damage = { message: error.message, cut: error.cut, at: error.at };
  }
  reader.end?.();
  return seen;
}

async function firstOf(file, compression) {
  try {
    for await (const { bytes } of unpacked(file, compression)) return bytes;
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
  }
  return new Uint8Array(0);
}

/** How small gzip would make the file, as a share of its size: tried with its first MiB. */
async function packedShare(file) {
  const some = file.slice(0, MIB);
  const packed = some.stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).blob()).size / some.size;
}

/** As many records as the file holds, judged by what was read; and the bytes of its text. */
function estimate(file, seen, records) {
  if (seen.whole && !seen.damage) return { records, exact: true, text: seen.text };
  const share = (seen.bytes - seen.headerBytes) / Math.max(1, file.size - seen.headerBytes);
  const text = Math.round((seen.text * file.size) / Math.max(1, seen.bytes));
  return { records: share > 0 ? Math.round(records / share) : records, exact: false, text };
}

/** The facts about a file, as plain data: `findings.js` says what they mean. */
export async function inspect(file, { maxBytes = Infinity } = {}) {
  if (!file.size) return { kind: "empty" };
  const raw = await bytesOf(file, 0, 4096);
  if (isZip(raw)) {
    const names = await namesInZip(file);
    const vcfs = names.filter(
      (name) => /\.vcf(\.gz|\.bgz)?$/i.test(name) && !name.startsWith("__MACOSX/"),
    );
    return { kind: "other", other: zipKindOf(names), zip: { vcfs } };
  }
  const compression = await compressionOf(file);
  const head = compression === "none" ? raw : await firstOf(file, compression);
  const encoding = utf16Of(head);
  if (encoding) return { kind: "utf16", encoding, compression };
  const other = otherKindOf(head);
  if (other) return { kind: "other", other, compression };
  const reader = isBcf(head) ? new BcfReader() : new TextReader();
  const seen = await read(file, compression, reader);
  const facts = await factsOf(file, compression, reader, seen);
  const packed = file.size > maxBytes && compression === "none" ? await packedShare(file) : null;
  return packed ? { ...facts, packedSize: Math.ceil(packed * file.size) } : facts;
}

async function factsOf(file, compression, reader, seen) {
  const kind = reader instanceof BcfReader ? "bcf" : "vcf";
  const { header } = reader;
  const survey = reader.survey ?? new Survey();
  const facts = {
    kind,
    compression,
    seen,
    estimate: estimate(file, seen, survey.records),
    end:
      compression === "bgzf"
        ? await endOfBgzf(file)
        : compression === "none"
          ? await endOfText(file)
          : {},
    header: (header ?? new Header()).facts(),
    survey: survey.facts(),
  };
  if (kind === "bcf") {
    if (seen.whole && !seen.damage && reader.leftOver)
      seen.damage = { message: "", cut: true, at: seen.bytes };
    return facts;
  }
  const { first, mark, carriageReturns, zeroAt, noLineEnds, stray } = reader;
  const text = { mark, carriageReturns, zeroAt, noLineEnds, stray };
  if (!reader.looksLikeVcf) {
    return { ...facts, kind: "other", other: otherTextOf(first), text, first: first.slice(0, 60) };
  }
  return { ...facts, text };
}
