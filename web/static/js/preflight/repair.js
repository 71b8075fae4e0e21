// Repairs that make another file of the one that was chosen; done before anything is sent.
import { MIB } from "./limits.js";
import { unpacked } from "./unpack.js";
import { unzipped } from "./zip.js";

const MOST_UNZIPPED = 512 * MIB;

/** The repaired file. Its name says what it is now; time is that of the file it was made of. */
export async function repaired(file, kind, facts) {
  const { name, blob } = await REPAIRS[kind](file, facts);
  return new File([blob], name, { lastModified: file.lastModified });
}

const unpackedName = (name) => name.replace(/\.(gz|bgz|bgzf)$/i, "");

const REPAIRS = {
  async compress(file) {
    const packed = file.stream().pipeThrough(new CompressionStream("gzip"));
    return { name: `${file.name}.gz`, blob: await new Response(packed).blob() };
  },
  async unzip(file, facts) {
    const [inside] = facts.zip.vcfs;
    return { name: inside.split("/").at(-1), blob: await unzipped(file, inside, MOST_UNZIPPED) };
  },
  utf8: (file, facts) => rewritten(file, facts, facts.encoding, (line) => line),
  newlines: (file, facts) => rewritten(file, facts, "utf-8", (line) => line),
  tabs: (file, facts) => rewritten(file, facts, "utf-8", tabbed),
};

/** Columns of blanks become columns of tabs; header lines but the one of the names stay. */
function tabbed(line) {
  if (line.startsWith("##") || line.includes("\t")) return line;
  return line.trim().replace(/\s+/g, "\t");
}

async function rewritten(file, { compression }, encoding, change) {
  const parts = [];
  const decoder = new TextDecoder(encoding);
  let held = "";
  for await (const { bytes } of unpacked(file, compression)) {
    const lines = (held + decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    held = lines.pop();
    if (lines.length) parts.push(new Blob([lines.map((line) => `${change(line)}\n`).join("")]));
  }
  const last = (held + decoder.decode()).replace(/\r$/, "");
  if (last) parts.push(new Blob([`${change(last)}\n`]));
  return { name: unpackedName(file.name), blob: new Blob(parts) };
}
