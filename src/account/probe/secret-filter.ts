const REDACTED = '[redacted]';

/** Takes a secret out of a text that comes in pieces, also where it is cut into several. */
export class SecretFilter {
  /** The end of what came, as far as the secret could go on from there. */
  private held = '';

  /** @param secret empty: there is none */
  constructor(private readonly secret: string) {}

  /** What may be told of the text so far. */
  push(text: string): string {
    if (this.secret === '') return text;
    const all = (this.held + text).replaceAll(this.secret, REDACTED);
    const told = all.length - this.heldLength(all);
    this.held = all.slice(told);
    return all.slice(0, told);
  }

  /** What is left when nothing more comes. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  /** The length of the longest end of the text that is a beginning of the secret. */
  private heldLength(text: string): number {
    for (let length = Math.min(text.length, this.secret.length - 1); length > 0; length -= 1) {
      if (this.secret.startsWith(text.slice(-length))) return length;
    }
    return 0;
  }
}
