import { randomUUID } from 'node:crypto';
import type { Asked } from './asked.ts';
import type { ContentBlock, SimulatedError, SimulatedUsage, SimulatorStep } from './step.ts';
import { usageOf } from './usage.ts';

/** One event of a generated stream. */
export interface ReplyEvent {
  /** Left out: the stream has data only. */
  readonly event?: string;
  readonly data: string;
  /** Which figures it carries, and what they are. */
  readonly reports?: { readonly stage: 'start' | 'final'; readonly usage: SimulatedUsage };
}

/** A whole good answer in both of its forms. */
export interface Reply {
  readonly json: unknown;
  readonly events: readonly ReplyEvent[];
  readonly usage: SimulatedUsage;
}

/** What an answer is made of. */
export interface ReplyPlan {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly ContentBlock[];
  readonly usage: SimulatedUsage;
  readonly stopReason: string;
  readonly serviceTier: string;
  /** A stream of chat completions closes with its figures. */
  readonly includesUsage: boolean;
  readonly deltaChars: number;
  readonly pings: number;
}

/** How an upstream protocol words its answers and errors. */
export interface ReplyProtocol {
  /** How an error event says that it is overloaded, where the script does not say. */
  readonly overload: SimulatedError;
  reply(plan: ReplyPlan): Reply;
  /** The status that belongs to an error, where the script gives none. */
  statusOf(error: SimulatedError): number;
  errorBody(error: SimulatedError): unknown;
  errorEvent(error: SimulatedError): ReplyEvent;
}

const DEFAULT_TEXT = 'The simulated upstream read the request and answers with this short text.';

function blocksOf(step: SimulatorStep): readonly ContentBlock[] {
  if (step.blocks) return step.blocks;
  if (step.textBytes !== undefined) return [{ type: 'text', text: 'x'.repeat(step.textBytes) }];
  return [{ type: 'text', text: step.text ?? DEFAULT_TEXT }];
}

/** Makes a step and a request into the answer to give. */
export function planReply(step: SimulatorStep, requestBody: Buffer, asked: Asked): ReplyPlan {
  const blocks = blocksOf(step);
  const usesTool = blocks.some((block) => block.type === 'tool_use');
  return {
    id: randomUUID().replaceAll('-', ''),
    model: step.model ?? asked.model,
    blocks,
    usage: usageOf(requestBody, blocks, step.usage),
    stopReason: step.stopReason ?? (usesTool ? 'tool_use' : 'end_turn'),
    serviceTier: step.serviceTier ?? asked.serviceTier ?? 'default',
    includesUsage: asked.includesUsage,
    deltaChars: step.deltaChars ?? 24,
    pings: step.pings ?? 0,
  };
}

/** The text in pieces of `size` characters; never cuts through a surrogate pair. */
export function pieces(text: string, size: number): string[] {
  const characters = Array.from(text);
  const result: string[] = [];
  for (let at = 0; at < characters.length; at += size) result.push(characters.slice(at, at + size).join(''));
  return result;
}
