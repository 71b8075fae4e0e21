// Reads a file from its head and unpacks it, piece by piece: memory holds one piece at a time.
import { Gunzip, inflateSync } from "../../vendor/fflate-0.8.3.js";
import { KIB, MIB } from "./limits.js";
import { isBgzf, isGzip } from "./magic.js";

const HEADER = 18;
const GZIP_STEP = 16 * KIB; // inflates to 16 MiB at the worst
const PLAIN_STEP = MIB;

/** The compressed data is wrong. `cut`: it only ends too early. */
export class Damaged extends Error {
  constructor(message, { cut = false, at = 0 } = {}) {
    super(message);
    this.cut = cut;
    this.at = at;
  }
}

export async function bytesOf(file, from, to) {
  return new Uint8Array(await file.slice(from, to).arrayBuffer());
}

/** "bgzf", "gzip" or "none". */
export async function compressionOf(file) {
  const head = await bytesOf(file, 0, HEADER);
  if (isBgzf(head)) return "bgzf";
  return isGzip(head) ? "gzip" : "none";
}

/** Yields {bytes, read}: text, and how much of the file it is made of so far. */
export function unpacked(file, compression) {
  if (compression === "bgzf") return blocks(file);
  return compression === "gzip" ? members(file) : plain(file);
}

async function* plain(file) {
  for (let at = 0; at < file.size; at += PLAIN_STEP) {
    const bytes = await bytesOf(file, at, at + PLAIN_STEP);
    yield { bytes, read: at + bytes.length };
  }
}

async function* members(file) {
  let made = [];
  const gunzip = new Gunzip((bytes) => made.push(bytes));
  for (let at = 0; at < file.size; at += GZIP_STEP) {
    const bytes = await bytesOf(file, at, at + GZIP_STEP);
    const last = at + bytes.length >= file.size;
    try {
      gunzip.push(bytes, last);
    } catch (error) {
      yield* handOver(made, at);
      throw new Damaged(error.message, { cut: /unexpected EOF/.test(error.message), at });
    }
    yield* handOver(made, at + bytes.length);
    made = [];
  }
}

function* handOver(made, read) {
  for (const bytes of made) if (bytes.length) yield { bytes, read };
}

async function* blocks(file) {
  const step = MIB;
  let held = new Uint8Array(0);
  let start = 0; // of `held` in the file
  let next = 0;
  let at = 0; // of the block in `held`
  for (;;) {
    if (held.length - at < 64 * KIB + 32 && next < file.size) {
      const more = await bytesOf(file, next, next + step);
      const rest = held.subarray(at);
      start += at;
      at = 0;
      held = new Uint8Array(rest.length + more.length);
      held.set(rest);
      held.set(more, rest.length);
      next += more.length;
    }
    if (at >= held.length) return;
    const block = held.subarray(at);
    const where = { at: start + at };
    if (!isBgzf(block)) {
      throw new Damaged("a block does not begin as it should", {
        ...where,
        cut: block.length < HEADER,
      });
    }
    const size = (block[16] | (block[17] << 8)) + 1;
    if (block.length < size)
      throw new Damaged("the last block is not whole", { ...where, cut: true });
    if (size < HEADER + 8) throw new Damaged("a block is too short", where);
    at += size;
    const length = new DataView(block.buffer, block.byteOffset + size - 4, 4).getUint32(0, true);
    if (!length) continue; // the mark of the end, or an empty block
    if (length > 64 * KIB) throw new Damaged("a block is too long", where);
    yield { bytes: inflated(block.subarray(HEADER, size - 8), length, where), read: start + at };
  }
}

function inflated(data, length, where) {
  let bytes;
  try {
    bytes = inflateSync(data, { out: new Uint8Array(length) });
  } catch (error) {
    throw new Damaged(error.message, where);
  }
  if (bytes.length !== length) throw new Damaged("a block has another length than it says", where);
  return bytes;
}
