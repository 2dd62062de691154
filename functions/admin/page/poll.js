// Asking again and again, but never at the service's expense.

const LONGEST = 60_000;

/**
 * Calls `ask` now and then again and again: `every()` milliseconds after it has answered, at least ten times as long
 * as the answer took; not while nobody looks. What fails is told, and asked for ever more rarely. Then the page is drawn.
 */
export class Poll {
  constructor(context, ask, every) {
    this.context = context;
    this.ask = ask;
    this.every = every;
    this.paused = false;
    this.failures = 0;
    this.running = false;
    this.seen = () => !document.hidden && !this.paused && this.soon();
    document.addEventListener("visibilitychange", this.seen);
    this.soon();
  }

  /** Asks at once; while an answer is awaited, once more after it. */
  async soon() {
    clearTimeout(this.timer);
    if (this.stopped) return;
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    this.again = false;
    const began = performance.now();
    try {
      await this.ask();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      this.context.told(error);
    }
    this.context.draw();
    this.running = false;
    if (this.again) return this.soon();
    const wait = Math.max(this.every() * 2 ** this.failures, 10 * (performance.now() - began));
    this.timer = setTimeout(() => !this.paused && !document.hidden && this.soon(), Math.min(wait, LONGEST));
  }

  pause(paused) {
    this.paused = paused;
    if (!paused) this.soon();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
  }
}
