import type { RelayRequest, StreamEvent } from '@crs/extension-api';
import { type ByteSpan, findPath } from '@crs/json-scan';
import { asRecord, parseJson } from '@crs/platform-kit';
import type { Bridge, StreamTranslator } from '../../endpoint.js';
import { RESPONSES } from '../../endpoints.js';
import { readJson } from '../../request-body.js';
import { chatCompletions } from './chat-completions.protocol.js';
import { includesUsage } from './chat-request.reader.js';

/**
 * Asks an upstream that has chat completions itself for the usage of each stream, because nothing else tells what is to be
 * booked. A client that has not asked for it does not get it; everything else passes byte for byte.
 */
export const nativeBridge: Bridge = {
  target: { ...RESPONSES, protocol: chatCompletions, name: 'chat_completions' },

  toUpstream(request: RelayRequest): RelayRequest {
    const edit = request.stream ? usageEdit(request.body) : null;
    if (edit === null) return request;
    const { body, modelSpan } = request;
    const changed = edited(body, edit);
    const shift = edit.start <= modelSpan.start ? changed.length - body.length : 0;
    return { ...request, body: changed, modelSpan: { start: modelSpan.start + shift, end: modelSpan.end + shift } };
  },

  toClient: (answer: Buffer): Buffer => answer,

  refusalToClient: (body: Buffer): Buffer => body,

  openStream: ({ body }: RelayRequest): StreamTranslator | null => (includesUsage(body) ? null : WITHOUT_USAGE),
};

const NOTHING = Buffer.alloc(0);

const WITHOUT_USAGE: StreamTranslator = {
  translate: (event: StreamEvent, bytes: Buffer): Buffer => (tellsUsageAlone(event) ? NOTHING : bytes),
};

/** The chunk that is asked for has no choices; some upstreams also begin with such a chunk, which tells no usage. */
function tellsUsageAlone({ data }: StreamEvent): boolean {
  if (!data.includes('"usage"')) return false;
  const chunk = asRecord(parseJson(data));
  const choices = chunk?.['choices'];
  return Array.isArray(choices) && choices.length === 0 && asRecord(chunk?.['usage']) !== null;
}

interface Edit extends ByteSpan {
  readonly replacement: string;
}

/** What makes `stream_options.include_usage` true; null where it is so, or where what stands there is no such thing. */
function usageEdit(body: Buffer): Edit | null {
  const span = findPath(body, ['stream_options']);
  if (span === null) return newMember(body, 0, '"stream_options":{"include_usage":true}');
  const options = readJson(body, span);
  if (options === null) return { ...span, replacement: '{"include_usage":true}' };
  if (asRecord(options) === null || Array.isArray(options) || includesUsage(body)) return null;
  const flag = findPath(body, ['stream_options', 'include_usage']);
  return flag === null ? newMember(body, span.start, '"include_usage":true') : { ...flag, replacement: 'true' };
}

const SPACE = 0x20;
const CLOSE_BRACE = 0x7d;

/** Puts a member in front of the others of the object that begins here, or behind some space. */
function newMember(body: Buffer, objectStart: number, member: string): Edit {
  const start = body.indexOf('{', objectStart) + 1;
  const isEmpty = body.subarray(start).find((byte) => byte > SPACE) === CLOSE_BRACE;
  return { start, end: start, replacement: isEmpty ? member : `${member},` };
}

const edited = (bytes: Buffer, { start, end, replacement }: Edit): Buffer =>
  Buffer.concat([bytes.subarray(0, start), Buffer.from(replacement), bytes.subarray(end)]);
