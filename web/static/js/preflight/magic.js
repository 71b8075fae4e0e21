// What a file is, told by its bytes and not by its name.

const ascii = (text) => Array.from(text, (letter) => letter.charCodeAt(0));

// [first bytes, what it is, what to do about it]
const MAGIC = [
  [ascii("BCF\x01"), "a BCF file of version 1", "Convert it with an old bcftools: bcftools view."],
  [
    ascii("BAM\x01"),
    "a BAM file: reads, not variants",
    "Call variants from it first, then upload the VCF.",
  ],
  [
    ascii("CRAM"),
    "a CRAM file: reads, not variants",
    "Call variants from it first, then upload the VCF.",
  ],
  [ascii("TBI\x01"), "a tabix index", "Choose the .vcf.gz file that it belongs to."],
  [ascii("CSI\x01"), "a CSI index", "Choose the .vcf.gz file that it belongs to."],
  [ascii("BZh"), "compressed with bzip2", "Unpack it, or compress it with bgzip or gzip instead."],
  [
    [0xfd, ...ascii("7zXZ\0")],
    "compressed with xz",
    "Unpack it, or compress it with bgzip or gzip instead.",
  ],
  [
    [0x28, 0xb5, 0x2f, 0xfd],
    "compressed with zstd",
    "Unpack it, or compress it with bgzip or gzip instead.",
  ],
  [ascii("7z\xbc\xaf"), "a 7z archive", "Unpack it and choose the VCF inside."],
  [ascii("Rar!"), "a RAR archive", "Unpack it and choose the VCF inside."],
  [ascii("%PDF"), "a PDF document", "Choose the VCF file itself."],
  [
    ascii("{\\rtf"),
    "a document of a word processor (RTF)",
    "Save it as plain text, or choose the VCF file itself.",
  ],
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    "an old Word or Excel document",
    "Choose the VCF file itself, or paste the variants from it.",
  ],
  [[0x89, ...ascii("PNG")], "a picture", "Choose the VCF file itself."],
  [[0xff, 0xd8, 0xff], "a picture", "Choose the VCF file itself."],
  [ascii("SQLite format 3"), "a database", "Export its variants as VCF first."],
  [ascii("PAR1"), "a Parquet table", "Choose the VCF that it was made from."],
];

// Text that is not a VCF. The order matters: the first that fits is said.
const TEXTS = [
  [
    /^(LOCUS {2,}|ID {3}\S+; )/,
    "a GenBank or EMBL record: sequence, not variants",
    "Choose a VCF file.",
  ],
  [
    /^>/,
    "a FASTA file: sequence, not variants",
    "Choose a VCF file. Sequence must be aligned, and variants called, first.",
  ],
  [
    /^@[^\n]+\n[ACGTNacgtn.]+\r?\n\+/,
    "a FASTQ file: reads, not variants",
    "Align the reads and call variants first, then upload the VCF.",
  ],
  [
    /^@(HD|SQ|RG|PG)\t/,
    "a SAM file: reads, not variants",
    "Call variants from it first, then upload the VCF.",
  ],
  [/^##gff-version|^##gtf/i, "a GFF or GTF file: genes, not variants", "Choose a VCF file."],
  [/^(track|browser) /, "a track of a genome browser", "Choose a VCF file."],
  [
    /^\s*<(!doctype html|html|\?xml)/i,
    "a web page or XML",
    "The download probably led to a page instead of the file. Download the VCF again.",
  ],
  [/^\s*[[{]\s*["[{]/, "JSON", "Choose a VCF file."],
  [
    /^Hugo_Symbol\t|^#version [\d.]+\r?\n(?:#[^\n]*\n)*Hugo_Symbol\t/,
    "a MAF table",
    "Convert it to VCF first (maf2vcf), or paste chromosome, position, REF and ALT.",
  ],
  [
    /^# ?rsid\t|^#.*23andMe/i,
    "genotypes of a consumer test",
    "Convert it to VCF first (bcftools convert --tsv2vcf).",
  ],
  [
    /^git-lfs|^version https:\/\/git-lfs/,
    "a pointer of Git LFS and not the file itself",
    "Fetch the file with: git lfs pull",
  ],
  [
    /^(chr)?[\w.]+\t\d+\t\d+(\t|\r?\n|$)/,
    "a BED file or another table of regions",
    "Choose a VCF file. In a VCF the columns are CHROM, POS, ID, REF, ALT, QUAL, FILTER, INFO.",
  ],
];

export function startsWith(bytes, prefix) {
  return bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte);
}

export const isGzip = (bytes) => startsWith(bytes, [0x1f, 0x8b]);
export const isZip = (bytes) =>
  startsWith(bytes, [0x50, 0x4b, 3, 4]) || startsWith(bytes, [0x50, 0x4b, 5, 6]);
export const isBcf = (bytes) => startsWith(bytes, [...ascii("BCF"), 2]);

/** The gzip member begins with the subfield that makes a BGZF block of it. */
export function isBgzf(bytes) {
  return (
    bytes.length >= 18 &&
    isGzip(bytes) &&
    (bytes[3] & 4) !== 0 &&
    bytes[12] === 66 &&
    bytes[13] === 67
  );
}

/** "utf-16le", "utf-16be" or "": by the byte order mark, or by every other byte being zero. */
export function utf16Of(bytes) {
  if (startsWith(bytes, [0xff, 0xfe])) return "utf-16le";
  if (startsWith(bytes, [0xfe, 0xff])) return "utf-16be";
  const some = Math.min(bytes.length, 64) & ~1;
  if (some < 8) return "";
  let even = 0;
  let odd = 0;
  for (let i = 0; i < some; i += 2) {
    if (bytes[i] === 0) even += 1;
    if (bytes[i + 1] === 0) odd += 1;
  }
  if (odd === some / 2 && even === 0) return "utf-16le";
  return even === some / 2 && odd === 0 ? "utf-16be" : "";
}

/** {what, remedy} if the bytes, already unpacked, are those of another known kind; or null. */
export function otherKindOf(bytes) {
  for (const [prefix, what, remedy] of MAGIC) {
    if (startsWith(bytes, prefix)) return { what, remedy };
  }
  return null;
}

/** The same for the first lines of a text that does not begin like a VCF. */
export function otherTextOf(text) {
  for (const [pattern, what, remedy] of TEXTS) {
    if (pattern.test(text)) return { what, remedy };
  }
  return null;
}

/** What a zip archive holds, by the names in it: most documents are zip archives too. */
export function zipKindOf(names) {
  if (names.some((name) => name.startsWith("xl/"))) {
    return {
      what: "an Excel workbook",
      remedy: "Copy the variants from it and paste them here, or export them as a VCF.",
    };
  }
  if (names.some((name) => name.startsWith("word/"))) {
    return { what: "a Word document", remedy: "Choose the VCF file itself." };
  }
  return { what: "a zip archive", remedy: "Unpack it and choose the VCF inside." };
}
