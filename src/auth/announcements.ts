import { Injectable } from '@nestjs/common';

/**
 * Texts for the person who starts the gateway, past the log: they stand in no log file and can be read at any log level.
 * Whoever starts the process may hold them back until its own lines are written, so that they are the last.
 */
@Injectable()
export class Announcements {
  private held: string[] | null = null;

  /** From now on texts wait for `release`. */
  hold(): void {
    this.held ??= [];
  }

  write(text: string): void {
    if (this.held === null) process.stdout.write(text);
    else this.held.push(text);
  }

  /** Writes what waits, and everything later at once. */
  release(): void {
    const texts = this.held ?? [];
    this.held = null;
    for (const text of texts) process.stdout.write(text);
  }
}
