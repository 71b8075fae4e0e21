// The end of a file tells whether it was cut: by its last bytes, without reading what is between.
import { KIB, LIMITS } from "./limits.js";
import { bytesOf } from "./unpack.js";

/** The empty BGZF block that ends every whole file (SAM 1, section 4.1.2). */
const END_OF_BGZF = [
  0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0,
  0,
];

/** {endMark}: whether the file ends as bgzip ends it. */
export async function endOfBgzf(file) {
  const last = await bytesOf(file, Math.max(0, file.size - END_OF_BGZF.length), file.size);
  return { endMark: END_OF_BGZF.every((byte, i) => last[i] === byte) };
}

/**
 * {openEnd, zeros, columns}: whether the last line lacks its line end, whether the file ends in
 * zero bytes (a disk that was full, a download that stopped), and how many columns the last line has.
 */
export async function endOfText(file) {
  const bytes = await bytesOf(file, Math.max(0, file.size - LIMITS.tailBytes), file.size);
  const text = new TextDecoder("latin1").decode(bytes);
  const openEnd = !/[\r\n]$/.test(text);
  const lines = text.replace(/[\r\n]+$/, "").split(/\r?\n/);
  const whole = lines.length > 1 || file.size <= LIMITS.tailBytes;
  const last = lines.at(-1);
  const columns = whole && last && !last.startsWith("#") ? last.split("\t").length : 0;
  return { openEnd, zeros: text.length >= KIB / 64 && /\0{16}$/.test(text), columns };
}
