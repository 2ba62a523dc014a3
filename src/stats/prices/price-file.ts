import { Injectable, Logger } from '@nestjs/common';
import { readFile, stat } from 'node:fs/promises';
import { AppConfig } from '../../core/config/app-config.js';
import { ConfigError } from '../../core/config/config-error.js';
import type { PriceHistories } from '../pricing/price-override.js';
import { readPriceFile } from './price-override.codec.js';

const MOST_PROBLEMS = 20;
const NO_PRICES: PriceHistories = new Map();

/** The file of prices that the configuration names, if it names one. */
@Injectable()
export class PriceFile {
  private readonly logger = new Logger(PriceFile.name);
  /** Of the version that was looked at last, whether it could be used or not. */
  private version = '';
  /** The last fault that was told. */
  private told = '';

  constructor(private readonly config: AppConfig) {}

  /** @throws ConfigError when the file cannot be used: the gateway must not start with other prices than it was given. */
  async readAtStart(): Promise<PriceHistories> {
    const path = this.config.pricesFile;
    if (path === null) return NO_PRICES;
    try {
      this.version = await versionOf(path);
      return await read(path);
    } catch (error: unknown) {
      throw new ConfigError(`The file of PRICES_FILE cannot be used: ${path}\n${messageOf(error)}`, { cause: error });
    }
  }

  /** The prices when the file has changed since it was looked at last; null = it has not, or cannot be used now. */
  async readIfChanged(): Promise<PriceHistories | null> {
    const path = this.config.pricesFile;
    if (path === null) return null;
    try {
      const version = await versionOf(path);
      if (version === this.version) return null;
      this.version = version;
      const prices = await read(path);
      this.told = '';
      this.logger.log({ msg: 'The price file has changed and was read', file: path, models: prices.size });
      return prices;
    } catch (error: unknown) {
      this.tellOnce(path, messageOf(error));
      return null;
    }
  }

  /** What is wrong stays wrong for many readings: one warning is enough until it is another fault. */
  private tellOnce(path: string, why: string): void {
    if (this.told === why) return;
    this.told = why;
    this.logger.warn({ msg: 'The price file cannot be used; its last prices stay in force', file: path, why });
  }
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path);
  return `${mtimeMs} ${size}`;
}

async function read(path: string): Promise<PriceHistories> {
  const { histories, problems } = readPriceFile(await readFile(path, 'utf8'));
  if (problems.length === 0) return histories;
  const shown = problems.slice(0, MOST_PROBLEMS).map((problem) => `  - ${problem}`);
  throw new Error([...shown, ...(problems.length > MOST_PROBLEMS ? ['  - and more'] : [])].join('\n'));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
