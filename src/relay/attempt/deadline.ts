/** A timer that ends with its user: `refresh` starts it anew, `stop` (safe to call twice) ends it for good. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;

  constructor(ms: number, onExpired: () => void) {
    this.timer = setTimeout(onExpired, ms);
  }

  refresh(): void {
    this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
