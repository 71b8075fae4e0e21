// The clock of a Free user's results: when it has run out, the page says so and stays as it is.
import { countDown } from "../countdown.js";

countDown(document, () => {
  for (const clock of document.querySelectorAll("[data-clock]")) clock.hidden = true;
  for (const over of document.querySelectorAll("[data-over]")) {
    over.hidden = false;
    over.setAttribute("role", "status");
  }
});
