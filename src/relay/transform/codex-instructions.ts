import { Injectable, type OnModuleInit } from '@nestjs/common';
import { readFile, stat } from 'node:fs/promises';
import { AppConfig } from '../../core/config/app-config.js';
import { ConfigError } from '../../core/config/config-error.js';

const MOST_BYTES = 256 * 1024;

/** The instructions that take the place of a foreign client's, from the file that the configuration names. */
@Injectable()
export class CodexInstructions implements OnModuleInit {
  private read: string | null = null;

  constructor(private readonly config: AppConfig) {}

  /** As a JSON string; null where no file is named. */
  get json(): string | null {
    return this.read;
  }

  /** @throws ConfigError when the file cannot be used: clients must not get other instructions than were meant for them. */
  async onModuleInit(): Promise<void> {
    const { codexInstructionsFile: path } = this.config.relay;
    if (path === null) return;
    try {
      this.read = JSON.stringify(await readText(path));
    } catch (error: unknown) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`The file of CODEX_INSTRUCTIONS_FILE cannot be used: ${path}\n  - ${why}`, {
        cause: error,
      });
    }
  }
}

async function readText(path: string): Promise<string> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('it is no file');
  if (found.size > MOST_BYTES)
    throw new Error(`it has ${String(found.size)} bytes; at most ${String(MOST_BYTES)} are allowed`);
  const text = decode(await readFile(path));
  if (text.trim() === '')
    throw new Error('it is empty; unset the variable to leave the instructions as clients send them');
  return text;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error: unknown) {
    throw new Error('it is no UTF-8 text', { cause: error });
  }
}
