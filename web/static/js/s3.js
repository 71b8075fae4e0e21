// Posts a file to S3 as a signed form. XMLHttpRequest, because fetch reports no upload progress.

/** S3 or this service refused the file; the message says why, for a person. */
export class Refused extends Error {}

const WORDS = {
  EntityTooLarge: "The file is larger than your plan allows.",
  EntityTooSmall: "The file is empty.",
  AccessDenied: "The permission to upload has run out. Press the button once more.",
  SlowDown: "The file store is too busy, or full. Try again in a few minutes.",
  ExpiredToken: "The permission to upload has run out. Press the button once more.",
};

/** Resolves when S3 has stored the file; rejects with Refused, or Error when the network fails. */
export function postForm(url, fields, file, onProgress) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file); // S3 ignores every field after the file
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.upload.addEventListener("progress", (event) => {
      // The form's own fields are sent along; they are not part of the file.
      onProgress(Math.min(event.loaded, file.size), file.size);
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new Refused(explain(request)));
    });
    request.addEventListener("error", () => reject(new Error("network")));
    request.addEventListener("abort", () => reject(new Error("aborted")));
    request.send(body);
  });
}

function explain(request) {
  const answer = new DOMParser().parseFromString(request.responseText, "application/xml");
  const code = answer.querySelector("Code")?.textContent ?? "";
  return (
    WORDS[code] ?? `The file store did not take the file (${code || request.status}). Try again.`
  );
}
