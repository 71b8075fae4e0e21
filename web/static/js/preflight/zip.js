// The table of contents of a zip archive (APPNOTE 4.3.12), and one file out of it.
import { Inflate } from "../../vendor/fflate-0.8.3.js";
import { KIB, MIB } from "./limits.js";
import { bytesOf } from "./unpack.js";

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const MOST_ENTRIES = 2000;

async function entries(file) {
  const tail = await bytesOf(file, Math.max(0, file.size - 65 * KIB), file.size);
  const view = new DataView(tail.buffer);
  let at = tail.length - 22;
  while (at >= 0 && view.getUint32(at, true) !== END_SIGNATURE) at -= 1;
  if (at < 0) return [];
  const size = Math.min(view.getUint32(at + 12, true), MIB);
  const start = view.getUint32(at + 16, true);
  const bytes = await bytesOf(file, start, start + size);
  const table = new DataView(bytes.buffer);
  const found = [];
  for (let place = 0; place + 46 <= bytes.length && found.length < MOST_ENTRIES;) {
    if (table.getUint32(place, true) !== ENTRY_SIGNATURE) break;
    const length = table.getUint16(place + 28, true);
    found.push({
      name: new TextDecoder().decode(bytes.subarray(place + 46, place + 46 + length)),
      method: table.getUint16(place + 10, true),
      packed: table.getUint32(place + 20, true),
      size: table.getUint32(place + 24, true),
      offset: table.getUint32(place + 42, true),
    });
    place += 46 + length + table.getUint16(place + 30, true) + table.getUint16(place + 32, true);
  }
  return found;
}

/** The names in it; none if the table cannot be read. */
export async function namesInZip(file) {
  return (await entries(file)).map((entry) => entry.name);
}

/** One file of the archive as a Blob; not more than `most` bytes of it are made. */
export async function unzipped(file, name, most) {
  const entry = (await entries(file)).find((one) => one.name === name);
  if (!entry || ![0, 8].includes(entry.method))
    throw new RangeError("The archive cannot be unpacked here.");
  const local = new DataView((await bytesOf(file, entry.offset, entry.offset + 30)).buffer);
  const from = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = file.slice(from, from + entry.packed);
  if (entry.method === 0) return packed;
  const parts = [];
  let made = 0;
  const inflate = new Inflate((bytes) => {
    made += bytes.length;
    parts.push(new Blob([bytes]));
  });
  for (let at = 0; at < packed.size; at += 64 * KIB) {
    inflate.push(await bytesOf(packed, at, at + 64 * KIB), at + 64 * KIB >= packed.size);
    if (made > most) throw new RangeError("What is inside is too large to be unpacked here.");
  }
  return new Blob(parts);
}
