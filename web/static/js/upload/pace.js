// How fast an upload goes, from what arrived in the last half minute.

const SPAN_MS = 30_000;
const FIRST_MS = 1500;

export class Pace {
  constructor() {
    this.marks = [];
  }

  /** Takes how many bytes have arrived; {speed, left} in bytes per second and seconds, or null. */
  take(sent, total) {
    const now = performance.now();
    this.marks.push([now, sent]);
    while (this.marks.length > 2 && now - this.marks[0][0] > SPAN_MS) this.marks.shift();
    const [since, before] = this.marks[0];
    const speed = (sent - before) / ((now - since) / 1000);
    return now - since > FIRST_MS && speed > 0 ? { speed, left: (total - sent) / speed } : null;
  }

  /** After a break: what lies before it says nothing about what comes. */
  restart() {
    this.marks = [];
  }
}
