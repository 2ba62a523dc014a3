import { RelayError } from '@crs/extension-api';
import { scanObject } from '@crs/json-scan';
import type { Endpoint } from './endpoint.js';

interface Span {
  readonly start: number;
  readonly end: number;
}

/** What scheduling needs of a body. */
interface BodyTraits {
  readonly model: string;
  /** Where the value of `model` stands. */
  readonly modelSpan: Span;
  readonly stream: boolean;
}

export interface DescribedBody extends BodyTraits {
  /** The member's value; undefined when it is missing, none of those that the protocol names, or no JSON after all. */
  readonly member: (name: string) => unknown;
}

/**
 * Describes a body without parsing the whole of it.
 *
 * @throws RelayError `invalid_request` for what no upstream could answer; deeper faults are the upstream's to tell
 */
export function describeBody(body: Buffer, endpoint: Endpoint): DescribedBody {
  const { protocol, canStream, unserved = [] } = endpoint;
  const spans = membersOf(body, protocol.requiredMembers, [...protocol.sessionMembers, ...unserved]);
  const member = (name: string): unknown => readJson(body, spans.get(name));
  const model = member('model');
  const modelSpan = spans.get('model');
  if (typeof model !== 'string' || model === '' || modelSpan === undefined) {
    throw new RelayError('invalid_request', 'model: a text is required');
  }
  const asked = unserved.find((name) => !OFF.has(spanText(body, spans.get(name))));
  if (asked !== undefined)
    throw new RelayError('invalid_request', `${asked}: this gateway does not serve it; leave it out`);
  return { model, modelSpan, stream: canStream && isStream(spanText(body, spans.get('stream'))), member };
}

/** What a member is where nothing is asked for by it. */
const OFF: ReadonlySet<string | null> = new Set([null, 'null', 'false']);

/** What some upstreams take for true, others for false, would be answered otherwise than expected. */
function isStream(text: string | null): boolean {
  if (text === 'true' || OFF.has(text)) return text === 'true';
  throw new RelayError('invalid_request', 'stream: true or false is required');
}

/** The parsed value at a place of a body; undefined for what is no JSON. */
export function readJson(body: Buffer, span: Span | undefined): unknown {
  const text = spanText(body, span);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function membersOf(body: Buffer, required: readonly string[], wanted: readonly string[]): ReadonlyMap<string, Span> {
  if (body.length === 0) throw new RelayError('invalid_request', 'The request has no body; a JSON object is required');
  const scan = scanObject(body, ['model', 'stream', ...wanted, ...required]);
  if (scan.kind === 'invalid') {
    if (isCompressed(body)) throw new RelayError('invalid_request', 'The body is compressed; send it as plain JSON');
    throw new RelayError('invalid_request', `The body is not a JSON object: ${scan.reason} at byte ${String(scan.at)}`);
  }
  for (const name of required) {
    if (!scan.spans.has(name)) throw new RelayError('invalid_request', `${name}: this member is required`);
  }
  return scan.spans;
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5]);

const isCompressed = (body: Buffer): boolean => [GZIP, ZSTD].some((magic) => body.subarray(0, 2).equals(magic));

const spanText = (body: Buffer, span: Span | undefined): string | null =>
  span === undefined ? null : body.toString('utf8', span.start, span.end);
