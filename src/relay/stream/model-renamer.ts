import type { StreamEvent } from '@crs/extension-api';
import { findPath, replaceSpan } from '@crs/json-scan';
import { SseDecoder } from '@crs/sse';
import type { StreamTranslator } from '../endpoint.js';
import type { Protocol } from '../protocols/protocol.js';

/**
 * Shows the client the model under the name that it asked for, where the account's upstream knows it by another one. Every
 * other byte stays the upstream's.
 */
export class ModelRenamer implements StreamTranslator {
  private isRenamed = false;

  constructor(
    private readonly protocol: Protocol,
    private readonly model: string,
  ) {}

  get isDone(): boolean {
    return this.isRenamed && this.protocol.namesModelOnce;
  }

  translate(event: StreamEvent, bytes: Buffer): Buffer {
    if (!this.protocol.namesModel(event)) return bytes;
    this.isRenamed = true;
    const decoder = new SseDecoder();
    const span = [...decoder.push(bytes), ...decoder.end()][0]?.dataSpan ?? null;
    const model = span === null ? null : findPath(bytes.subarray(span.start, span.end), this.protocol.modelPath);
    if (span === null || model === null) return bytes;
    return replaceSpan(bytes, { start: span.start + model.start, end: span.start + model.end }, this.model);
  }
}
