import { RelayError, type RelayRequest } from '@crs/extension-api';
import { scanObject } from '@crs/json-scan';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppConfig } from '../core/config/app-config.js';
import { Clock } from '../core/time/clock.js';
import { claudeSessionHash } from '../scheduler/session-hash.js';
import type { Endpoint } from './endpoints.js';
import { forwardableHeaders, forwardableQuery } from './upstream/header-rules.js';

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Describes a client request for scheduling, without parsing the whole body and without changing a byte of it. */
@Injectable()
export class RelayRequestFactory {
  constructor(
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** Throws `RelayError` `invalid_request` for what no upstream could answer; deeper faults are the upstream's to tell. */
  create(incoming: FastifyRequest, endpoint: Endpoint): RelayRequest {
    const body = Buffer.isBuffer(incoming.body) ? incoming.body : Buffer.alloc(0);
    const spans = membersOf(body, endpoint.protocol.requiredMembers);
    const model = readText(body, spans.get('model'));
    const modelSpan = spans.get('model');
    if (model === null || model === '' || modelSpan === undefined) {
      throw new RelayError('invalid_request', 'model: a text is required');
    }
    const { 'x-claude-code-session-id': sessionHeader } = incoming.headers;
    const metadata = readJson(body, spans.get('metadata'));
    const header = typeof sessionHeader === 'string' ? sessionHeader : null;
    return {
      id: incoming.id,
      protocol: endpoint.protocol.name,
      endpoint: endpoint.name,
      method: incoming.method,
      path: incoming.url.split('?', 1)[0] ?? incoming.url,
      query: forwardableQuery(incoming.url),
      headers: forwardableHeaders(incoming.headers, this.config.apiKeyPrefix),
      body,
      model,
      modelSpan,
      stream: endpoint.canStream && spanText(body, spans.get('stream')) === 'true',
      userId: userIdIn(metadata),
      sessionHash: claudeSessionHash({
        header,
        metadata,
        readBody: () => readJson(body, { start: 0, end: body.length }),
      }),
      receivedAt: new Date(this.clock.now()),
    };
  }
}

/** Members of the request that are read here, beside those that a protocol requires. */
const READ_MEMBERS = ['model', 'stream', 'metadata'];

function membersOf(body: Buffer, required: readonly string[]): ReadonlyMap<string, Span> {
  if (body.length === 0) throw new RelayError('invalid_request', 'The request has no body; a JSON object is required');
  const scan = scanObject(body, [...READ_MEMBERS, ...required]);
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

/** A member's value; undefined when it is missing or (below the top level) not JSON after all. */
function readJson(body: Buffer, span: Span | undefined): unknown {
  const text = spanText(body, span);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function userIdIn(metadata: unknown): string | null {
  const isObject = typeof metadata === 'object' && metadata !== null;
  return isObject && 'user_id' in metadata && typeof metadata.user_id === 'string' ? metadata.user_id : null;
}

function readText(body: Buffer, span: Span | undefined): string | null {
  const value = readJson(body, span);
  return typeof value === 'string' ? value : null;
}
