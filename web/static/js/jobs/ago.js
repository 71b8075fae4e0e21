// Says of what was submitted within the last day how long ago that was.
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const DAY_S = 86_400;

export function showAgo(root) {
  for (const element of root.querySelectorAll(".job-time time")) {
    const seconds = Math.round((Date.now() - Date.parse(element.dateTime)) / 1000);
    if (seconds >= DAY_S) continue;
    element.textContent = inWords(Math.max(seconds, 0));
  }
}

function inWords(seconds) {
  if (seconds < 60) return "just now";
  if (seconds < 3600) return words.format(-Math.floor(seconds / 60), "minute");
  return words.format(-Math.floor(seconds / 3600), "hour");
}
