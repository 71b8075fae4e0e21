// Sends files two at a time, in the order in which they were given.

const AT_ONCE = 2;

export class Queue {
  #waiting = [];
  #running = 0;

  add(item) {
    item.wait();
    this.#waiting.push(item);
    this.#next();
  }

  /** Takes out what waits no more: paused or cancelled meanwhile. */
  #take() {
    for (;;) {
      const item = this.#waiting.shift();
      if (!item || item.state === "waiting") return item;
    }
  }

  async #next() {
    if (this.#running >= AT_ONCE) return;
    const item = this.#take();
    if (!item) return;
    this.#running += 1;
    try {
      await item.send();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }
}
