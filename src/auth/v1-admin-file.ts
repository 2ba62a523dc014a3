import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';

/** The administrator as v1's set-up wrote it, the password in plain text. */
export interface V1AdminFileContent {
  readonly username: string;
  readonly password: string;
}

/** Reads `init.json`, v1's source of truth about its administrator. Never written here. */
@Injectable()
export class V1AdminFile {
  private readonly logger = new Logger(V1AdminFile.name);
  private readonly path: string;

  constructor(config: AppConfig) {
    this.path = join(config.dataDir, 'init.json');
  }

  /** Null when there is no such file, or (with a warning) when it is not what v1 writes. */
  async read(): Promise<V1AdminFileContent | null> {
    const text = await this.readText();
    if (text === null) return null;
    const content = parse(text);
    if (content === null) this.logger.warn({ msg: 'the administrator file of v1 cannot be read', path: this.path });
    return content;
  }

  private async readText(): Promise<string | null> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function parse(text: string): V1AdminFileContent | null {
  try {
    const { adminUsername: username, adminPassword: password } = JSON.parse(text) as Record<string, unknown>;
    return isText(username) && isText(password) ? { username, password } : null;
  } catch {
    return null;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
