// Counts every <… data-countdown="end" data-now="server's time"> down, in the words of the server.

function inWords(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  if (minutes < 60) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  return minutes % 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${Math.floor(minutes / 60)} h`;
}

/**
 * Starts the countdowns below `root`, by the server's clock; each ends with its element. When one
 * reaches its end, `onEnd` is called.
 */
export function countDown(root, onEnd) {
  for (const element of root.querySelectorAll("[data-countdown]")) {
    const length = Date.parse(element.dataset.countdown) - Date.parse(element.dataset.now);
    const end = performance.now() + length;
    const timer = setInterval(() => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (!element.isConnected || left <= 0) clearInterval(timer);
      if (!element.isConnected) return;
      element.textContent = inWords(Math.max(left, 0));
      if (left <= 0) onEnd();
    }, 1000);
  }
}
