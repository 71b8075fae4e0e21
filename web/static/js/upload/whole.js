// Sends a small file in one piece: a signed form to S3.
import { ask, followed, persist, Refused } from "./net.js";
import { Expired, postForm } from "./s3.js";

/**
 * Uploads the file; resolves with the address to go to. `wanted` is what the service is told of
 * it. What has arrived is not sent a second time: the same form is posted again, to the same key,
 * and before another one is asked for, the service is asked whether the first got through.
 */
export async function sendWhole(file, wanted, { signUrl, onProgress, onWait, signal }) {
  const line = { signal, onWait };
  const sign = () => persist(() => ask(signUrl, wanted, signal), line);
  let signed = await sign();
  const post = () => postForm(signed.url, signed.fields, file, onProgress, signal);
  try {
    await persist(post, line);
  } catch (error) {
    if (!(error instanceof Expired)) throw error;
    if (await persist(() => arrived(signed.done, signal), line)) return signed.done;
    signed = await sign();
    await persist(post, line);
  }
  return signed.done;
}

async function arrived(done, signal) {
  try {
    await followed(done, signal);
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}
