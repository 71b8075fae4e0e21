// The first job in one click: the sample is fetched, sent as any file is, and its job opened.
import { Refused } from "../upload/net.js";
import { sendWhole } from "../upload/whole.js";

export function offerSample(button) {
  const problem = document.getElementById("sample-problem");
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = "Sending the sample …";
    problem.hidden = true;
    try {
      const answer = await fetch(button.dataset.url);
      if (!answer.ok) throw new Refused("The sample cannot be read just now. Try again in a minute.");
      const file = new File([await answer.blob()], button.dataset.name);
      const wanted = { file_name: file.name, size: file.size };
      const quiet = () => {};
      window.location.href = await sendWhole(file, wanted, {
        signUrl: button.dataset.signUrl,
        onProgress: quiet,
        onWait: quiet,
        signal: new AbortController().signal,
      });
    } catch (error) {
      problem.textContent = error instanceof Refused ? error.message : "The line broke. Try once more.";
      problem.hidden = false;
      button.disabled = false;
      button.textContent = "Try it with the sample";
    }
  });
}
