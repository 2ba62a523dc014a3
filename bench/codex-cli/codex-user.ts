import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface CodexRun {
  readonly code: number | null;
  /** The events that it has told as JSON, one a line. */
  readonly events: readonly CodexEvent[];
  /** All that it has written. */
  readonly output: string;
  readonly ms: number;
  readonly timedOut: boolean;
}

interface CodexEvent {
  readonly type?: string;
  readonly thread_id?: string;
  readonly message?: string;
  readonly error?: { readonly message?: string };
  readonly item?: {
    readonly type?: string;
    readonly text?: string;
    readonly aggregated_output?: string;
    readonly exit_code?: number;
  };
}

/** Which provider Codex is set up with: one of its own name, or its built-in one with another address. */
export type Provider = 'custom' | 'built-in';

const END_WITHIN_MS = 90_000;
const KILL_AFTER_MS = 2_000;

/** A person with a home and a working folder of their own, and nothing else in the environment. */
export class CodexUser {
  readonly #script: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'crs-codex-home-'));
  readonly #key: string;

  constructor(script: string, { baseUrl, key, provider }: { baseUrl: string; key: string; provider: Provider }) {
    this.#script = script;
    this.#key = key;
    mkdirSync(join(this.#folder, '.codex'));
    mkdirSync(join(this.#folder, 'work'));
    const custom = `model_provider = "gateway"
[model_providers.gateway]
name = "gateway"
base_url = "${baseUrl}"
env_key = "GATEWAY_KEY"
wire_api = "responses"
`;
    const config = provider === 'custom' ? custom : `openai_base_url = "${baseUrl}"\n`;
    writeFileSync(join(this.#folder, '.codex/config.toml'), `model = "gpt-5"\n${config}`);
    writeFileSync(join(this.#folder, '.codex/auth.json'), JSON.stringify({ OPENAI_API_KEY: key }));
  }

  /** Runs `codex exec`; what it has started ends with it, after a minute and a half at the latest. */
  async exec(...args: readonly string[]): Promise<CodexRun> {
    const startedAt = performance.now();
    const own = ['exec', '--json', '--skip-git-repo-check', '--sandbox', 'danger-full-access'];
    const child = spawn(process.execPath, [this.#script, ...own, ...args], {
      cwd: join(this.#folder, 'work'),
      env: { HOME: this.#folder, PATH: process.env['PATH'] ?? '', GATEWAY_KEY: this.#key },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    });
    const limit = new AbortController();
    const late = sleep(END_WITHIN_MS, 'late' as const, { signal: limit.signal }).catch(() => 'late' as const);
    const first = await Promise.race([ended, late]);
    limit.abort();
    if (first === 'late') await endGroup(child.pid, ended);
    const ms = performance.now() - startedAt;
    return { code: first === 'late' ? null : first, events: eventsIn(output), output, ms, timedOut: first === 'late' };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The process and all that it has started, which it leads as a group. */
async function endGroup(pid: number | undefined, ended: Promise<unknown>): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      return;
    }
    await Promise.race([ended, sleep(KILL_AFTER_MS)]);
  }
}

function eventsIn(output: string): CodexEvent[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as CodexEvent];
    } catch {
      return [];
    }
  });
}

/** What it has shown as the answer. */
export const answersOf = ({ events }: CodexRun): string[] =>
  events.flatMap(({ type, item }) =>
    type === 'item.completed' && item?.type === 'agent_message' ? [item.text ?? ''] : [],
  );

/** What it has shown of errors. */
export const errorsOf = ({ events }: CodexRun): string[] =>
  events.flatMap(({ type, message, error }) =>
    type === 'error' || type === 'turn.failed' ? [message ?? error?.message ?? ''] : [],
  );
