import type { LoggerService } from '@nestjs/common';

/** Under this name Nest logs why it cannot start, before it throws the same: the command tells that when it ends. */
const FATAL_CONTEXT = 'ExceptionHandler';

/** Tells warnings and errors on stderr, each once: stdout belongs to the answer. */
export class StderrLogger implements LoggerService {
  private readonly told = new Set<string>();

  log(): void {
    // Progress of Nest itself, which nobody at a terminal asked for.
  }

  warn(message: unknown): void {
    this.tell(message);
  }

  error(message: unknown, ...more: readonly unknown[]): void {
    if (more.at(-1) !== FATAL_CONTEXT) this.tell(message);
  }

  private tell(message: unknown): void {
    const text = textOf(message);
    if (this.told.has(text)) return;
    this.told.add(text);
    process.stderr.write(`${text}\n`);
  }
}

function textOf(message: unknown): string {
  if (typeof message !== 'object' || message === null || !('message' in message)) return String(message);
  return 'reason' in message ? `${String(message.message)}: ${String(message.reason)}` : String(message.message);
}
