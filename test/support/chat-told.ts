import type { StreamEvent } from '@crs/extension-api';
import { SseDecoder } from '@crs/sse';

interface ToldChoice {
  readonly delta: {
    readonly content?: string;
    readonly refusal?: string;
    readonly reasoning_content?: string;
    readonly tool_calls?: readonly {
      readonly index: number;
      readonly id?: string;
      readonly function: { readonly name?: string; readonly arguments: string };
    }[];
  };
  readonly finish_reason: string | null;
}

export interface Told {
  readonly choices: readonly ToldChoice[];
  readonly usage?: unknown;
}

interface Answer {
  readonly choices: readonly [{ readonly message: unknown; readonly finish_reason: string }];
  readonly usage?: unknown;
}

/** The events of a stream. */
export const readBack = (bytes: Buffer): StreamEvent[] => new SseDecoder().push(bytes);

/** The chunks of a chat. */
export const chunksOf = (events: readonly StreamEvent[]): Told[] =>
  events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as Told);

/** What a client makes of a stream: the message, why it ended, the usage. */
export function accumulated(events: readonly StreamEvent[]): unknown {
  const chunks = chunksOf(events);
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
  const joined = (name: 'content' | 'refusal' | 'reasoning_content'): string | null =>
    deltas.map((delta) => delta[name] ?? '').join('') || null;
  const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
  for (const { index, id, function: piece } of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    const call = (calls[index] ??= {
      id: id ?? '',
      type: 'function',
      function: { name: piece.name ?? '', arguments: '' },
    });
    call.function.arguments += piece.arguments;
  }
  const reasoning = joined('reasoning_content');
  return {
    message: {
      role: 'assistant',
      content: joined('content'),
      refusal: joined('refusal'),
      ...(reasoning !== null && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
    finish_reason: chunks
      .flatMap(({ choices }) => choices.map((choice) => choice.finish_reason))
      .find((one) => one !== null),
    usage: chunks.find(({ choices }) => choices.length === 0)?.usage,
  };
}

/** The same of a whole answer. */
export function saidBy(body: Buffer): unknown {
  const answer = JSON.parse(body.toString()) as Answer;
  const [{ message, finish_reason: reason }] = answer.choices;
  return { message, finish_reason: reason, usage: answer.usage };
}
