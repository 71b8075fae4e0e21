// The page of access tokens: copy the new one; times in the reader's own zone.
import { localTimes } from "./times.js";

localTimes(document);
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}
