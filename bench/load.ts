import { Client } from 'undici';

/** What is sent, over and over. */
export interface LoadRequest {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface LoadResult {
  /** Milliseconds from sending to the last byte, one per good answer. */
  readonly totalMs: number[];
  /** Milliseconds to the first byte of the body, one per good answer. */
  readonly firstByteMs: number[];
  /** Answers that were no 200, or empty, or broken. */
  readonly bad: number;
  readonly seconds: number;
}

interface Sink {
  readonly totalMs: number[];
  readonly firstByteMs: number[];
  bad: number;
}

async function ask(client: Client, request: LoadRequest, session: string, sink: Sink): Promise<void> {
  const startedAt = performance.now();
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: request.path,
    headers: { ...request.headers, 'x-claude-code-session-id': session, 'session-id': session },
    body: request.body,
  });
  let firstByteAt = 0;
  for await (const chunk of body) {
    if (firstByteAt === 0 && (chunk as Buffer).length > 0) firstByteAt = performance.now();
  }
  if (statusCode !== 200 || firstByteAt === 0) {
    sink.bad += 1;
    return;
  }
  sink.firstByteMs.push(firstByteAt - startedAt);
  sink.totalMs.push(performance.now() - startedAt);
}

async function keepAsking(request: LoadRequest, session: string, until: number, sink: Sink): Promise<void> {
  const client = new Client(request.origin, { pipelining: 1 });
  try {
    while (performance.now() < until) {
      await ask(client, request, session, sink).catch(() => {
        sink.bad += 1;
      });
    }
  } finally {
    await client.destroy();
  }
}

/** Sends the request on so many connections, one at a time on each, for so many seconds. Each is a session of its own. */
export async function applyLoad(request: LoadRequest, connections: number, seconds: number): Promise<LoadResult> {
  const sink: Sink = { totalMs: [], firstByteMs: [], bad: 0 };
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  const sessions = Array.from(
    { length: connections },
    (_unused, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  );
  await Promise.all(sessions.map((session) => keepAsking(request, session, until, sink)));
  return { ...sink, seconds: (performance.now() - startedAt) / 1_000 };
}
