// How much of a file the pre-flight looks at, so that neither 10 GB nor hostile bytes hold it up.

export const KIB = 1024;
export const MIB = 1024 * KIB;

export const LIMITS = {
  /** Bytes read from the head of the file, as it lies on the disk. */
  readBytes: 8 * MIB,
  /** Bytes of text made of them: what stops a decompression bomb. */
  textBytes: 96 * MIB,
  milliseconds: 2500,
  /** A line longer than this is none: the file has no line ends. */
  lineBytes: 16 * MIB,
  /** Records whose every column is looked at; of the others only place and number of columns. */
  closeRecords: 2000,
  /** Bytes from the end of the file. */
  tailBytes: 64 * KIB,
};

export const MOST_SITES = 200;
/** Contigs and sites in one question to the service, which takes 2 MiB. */
export const MOST_CONTIGS = 3000;
export const MOST_SITE_CHARS = 100;
