import type { Principal, RelayRequest, UsageMeter, WastedAttempt } from '@crs/extension-api';
import type { Admission } from '../../api-key/limits/admission.js';
import type { Lease } from '../../core/lease/lease-keeper.js';
import type { Selection } from '../../scheduler/scheduler.service.js';
import type { Endpoint } from '../endpoint.js';
import type { AttemptRecord } from './attempt-record.js';

/** Who is being paid at the moment, and what has been seen of it. */
export interface Spending {
  readonly selection: Selection;
  readonly meter: UsageMeter;
  /** Of the answer; 200 as long as it is awaited. */
  readonly status: number;
  /** Length of an answer that came whole; 0 until then. */
  readonly answerBytes: number;
}

export interface RetryJob {
  readonly request: RelayRequest;
  readonly principal: Principal;
  readonly endpoint: Endpoint;
  /** Names of the platforms whose accounts may be asked. */
  readonly platforms: readonly string[];
  /** Aborted when nobody waits any more; `run` then throws the reason. */
  readonly signal: AbortSignal;
  /** Every attempt is noted here as it ends. */
  readonly attempts: AttemptRecord[];
  /** What attempts have cost that led to no answer. */
  readonly waste: WastedAttempt[];
  /** What the key holds for the request; null = nothing. */
  readonly admission: Admission | null;
  /** Kept up to date, so that a request that is left in the middle of an attempt can be booked. */
  spending: Spending | null;
  /** The slot of the account that is asked, or that has served; whoever ends the request ends it. */
  slot: Lease | null;
}
