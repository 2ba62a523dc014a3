import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The version that the expectations were written against. */
export const CODEX_VERSION = '0.169.0';

const INSTALL_WITHIN_MS = 300_000;

export interface CodexPackage {
  /** The script that starts the command line. */
  readonly script: string;
  /** Removes what was installed; nothing where the folder was given. */
  remove(): void;
}

const scriptIn = (folder: string): string => join(folder, 'node_modules/@openai/codex/bin/codex.js');

/**
 * The real Codex command line from the npm registry, in a temporary folder of its own.
 *
 * @param given a folder in which it is installed already, with `npm install --prefix`; null = install it
 */
export async function installCodex(given: string | null): Promise<CodexPackage> {
  if (given !== null) {
    if (!existsSync(scriptIn(given))) throw new Error(`There is no @openai/codex in ${given}.`);
    return { script: scriptIn(given), remove: () => undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), 'crs-codex-'));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawn('npm', [...args, `@openai/codex@${CODEX_VERSION}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_WITHIN_MS,
  });
  try {
    const [code] = (await once(npm, 'exit')) as [number | null];
    if (code === 0) return { script: scriptIn(folder), remove };
  } catch (cause) {
    remove();
    throw new Error('npm could not be started.', { cause });
  }
  remove();
  throw new Error(`npm could not install @openai/codex@${CODEX_VERSION}: is the registry in reach?`);
}
