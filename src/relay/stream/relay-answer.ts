import type { UsageMeter } from '@crs/extension-api';
import type { IncomingResponse } from '../../core/egress/http-exchange.js';
import type { UpstreamAnswer } from '../attempt/attempt-failed.error.js';
import type { StreamTracker } from './stream-tracker.js';

/** A stream that is past its commit point: what was held, and the rest as it comes. */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly held: Buffer;
  readonly rest: IncomingResponse;
  readonly tracker: StreamTracker;
}

/** An answer that came whole. */
interface WholeAnswer extends UpstreamAnswer {
  readonly kind: 'whole';
  readonly meter: UsageMeter;
}

/** The upstream's refusal of something that only the client can mend. */
interface RefusalAnswer extends UpstreamAnswer {
  readonly kind: 'refusal';
}

/** The gateway's own answer in the place of an upstream; whole, and a stream where one was asked for. */
interface LocalRelayAnswer extends UpstreamAnswer {
  readonly kind: 'local';
}

export type RelayAnswer = StreamAnswer | WholeAnswer | RefusalAnswer | LocalRelayAnswer;
