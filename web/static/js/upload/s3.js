// Sends bytes to S3. XMLHttpRequest, because fetch reports no progress of what is sent.
import { Gone, Refused } from "./net.js";

/** The permission to upload has run out; another one can be had. */
export class Expired extends Refused {}

const WORDS = {
  EntityTooLarge: "The file is larger than your plan allows.",
  EntityTooSmall: "The file is empty.",
  AccessDenied: "The permission to upload has run out. Try again.",
  SlowDown: "The file store is too busy, or full. Try again in a few minutes.",
  ExpiredToken: "The permission to upload has run out. Try again.",
};

/** TypeError, as fetch throws, when it may be tried again. */
function send(request, body, { file, onProgress, signal, onLoad }) {
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    const settled = (settle) => (value) => {
      signal.removeEventListener("abort", stop);
      settle(value);
    };
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => onLoad(settled(resolve), settled(reject)));
    request.addEventListener("error", async () => settled(reject)(await causeOf(file)));
    request.addEventListener("abort", () => settled(reject)(signal.reason));
    signal.addEventListener("abort", stop);
    request.send(body);
  });
}

/** The browser does not tell a lost line from a file that was moved or changed meanwhile. */
async function causeOf(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return new TypeError("network");
  } catch (error) {
    return error;
  }
}

const isGood = (request) => request.status >= 200 && request.status < 300;

/** Posts a file as a signed form. Rejects with Refused, Expired, or TypeError: the network. */
export function postForm(url, fields, file, onProgress, signal) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file); // S3 ignores every field after the file
  const request = new XMLHttpRequest();
  request.open("POST", url);
  return send(request, body, {
    file,
    signal,
    // The form's own fields are sent along; they are not part of the file.
    onProgress: (bytes) => onProgress(Math.min(bytes, file.size)),
    onLoad: (resolve, reject) => {
      if (isGood(request)) resolve();
      else if (request.status >= 500 && request.status !== 503) reject(new TypeError("S3 is away"));
      else reject(refusal(request));
    },
  });
}

/** PUTs one part. Gone when S3 does not know the upload. */
export function put(url, blob, onProgress, signal) {
  const request = new XMLHttpRequest();
  request.open("PUT", url);
  return send(request, blob, {
    file: blob,
    signal,
    onProgress,
    onLoad: (resolve, reject) => {
      if (isGood(request)) resolve();
      else if (request.status === 404) reject(new Gone());
      else reject(new TypeError(`status ${request.status}`)); // 403: signed anew next time
    },
  }).finally(() => onProgress(0));
}

function refusal(request) {
  const answer = new DOMParser().parseFromString(request.responseText, "application/xml");
  const code = answer.querySelector("Code")?.textContent ?? "";
  const words =
    WORDS[code] ?? `The file store did not take the file (${code || request.status}). Try again.`;
  const kind = code === "AccessDenied" || code === "ExpiredToken" ? Expired : Refused;
  return new kind(words);
}
