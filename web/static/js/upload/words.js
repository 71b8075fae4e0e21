// Numbers in words, the same everywhere on the page.

const UNITS = [
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
];
const count = new Intl.NumberFormat("en-GB");

/** Bytes: `1.5 MiB`. */
export function inWords(bytes) {
  for (const [name, size] of UNITS) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${name}`;
  }
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}

/** A whole number with its thousands apart. */
export const inCount = (number) => count.format(number);

/** `3 files`, `1 file`. */
export const some = (number, noun) => `${inCount(number)} ${noun}${number === 1 ? "" : "s"}`;

/** A number as it is known: `about 12,000`. */
export function roughly(number) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, number))) - 1);
  return `about ${inCount(Math.round(number / step) * step)}`;
}

export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`;
}
