// Hashes a file beside the page: BLAKE3 of its bytes, as receipts name it.
import { blake3, bytesToHex } from "../../vendor/noble-blake3-2.4.0.js";

const PIECE = 4 * 1024 * 1024;

async function hash(file) {
  const digest = blake3.create();
  for (let at = 0; at < file.size; at += PIECE) {
    digest.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
  }
  return bytesToHex(digest.digest());
}

self.addEventListener("message", async ({ data: file }) => {
  try {
    self.postMessage({ digest: await hash(file) });
  } catch (error) {
    self.postMessage({ error: `${error.name}: ${error.message}` }); // it moved; nobody minds
  }
});
