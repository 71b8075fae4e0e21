// What the upload page tells a file by that was annotated before.
export { blake3 } from "@noble/hashes/blake3.js";
export { bytesToHex } from "@noble/hashes/utils.js";
