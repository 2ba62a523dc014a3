const EMPTY = Buffer.alloc(0);
const SMALLEST = 1024;

/**
 * The bytes of a block that has not ended yet. It grows by doubling, so that a block that comes in tiny chunks costs
 * neither a copy of everything per chunk nor an object per chunk.
 */
export class ByteTail {
  private bytes: Buffer = EMPTY;
  private used = 0;

  get length(): number {
    return this.used;
  }

  view(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  append(chunk: Buffer, from: number, to: number): void {
    const needed = this.used + (to - from);
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(SMALLEST, needed, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.used);
      this.bytes = grown;
    }
    this.used += chunk.copy(this.bytes, this.used, from, to);
  }

  /** Forgets the bytes without touching them: whoever took a view keeps it. */
  clear(): void {
    this.bytes = EMPTY;
    this.used = 0;
  }
}
