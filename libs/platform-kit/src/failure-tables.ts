import type { AccountMark, FailureContext, HeaderMap } from '@crs/extension-api';
import type { UpstreamError } from './upstream-error.js';

export type MarkType = AccountMark['type'];

/** An upstream's refusal, whether it came as a status or inside a stream. */
export interface Refusal {
  readonly status: number;
  /** Empty for a refusal inside a stream: its head said that all is well. */
  readonly headers: HeaderMap;
  readonly error: UpstreamError;
}

/** What a platform knows of its upstreams' words. Everything else about a failure is the same for all of them. */
export interface FailureTables {
  /** The kinds of an error by its own words, the most telling first. */
  kindsOf(error: UpstreamError): readonly string[];
  /** The status that each kind of error has outside of a stream. */
  readonly statusByKind: ReadonlyMap<string, number>;
  /** Kinds that refuse the account's key or money whatever the status beside them says. */
  readonly accountKinds: ReadonlySet<string>;
  /** Kinds that say that the request does not go with this account, and nothing against either; whatever the status says. */
  readonly blamelessKinds: ReadonlySet<string>;
  /** Texts of a 400 or a 403 by which an upstream refuses the account and not the request; in lower case. */
  readonly accountFaultTexts: readonly string[];
  /** Endpoints that fail apart from the others: a mark that is met there takes the account out of use for them alone. */
  readonly endpointsApart: ReadonlySet<string>;
  /** Marks that speak of the account or of the endpoint already, whichever endpoint met them. */
  readonly keptWhole: ReadonlySet<MarkType>;
  lacksModel(refusal: Refusal, context: FailureContext): boolean;
  lacksEndpoint(refusal: Refusal, context: FailureContext): boolean;
  /** A 429 that says that this request is more than the account's plan allows; smaller ones are served. */
  isRequestLimit(error: UpstreamError): boolean;
  /** When the limit ends; null = nothing is known. */
  resetOf(refusal: Refusal, context: FailureContext): Date | null;
  /** Whether a rate limit is that of the model that was asked for, and no other, by the upstream's own words. */
  concernsModelOnly(refusal: Refusal, model: string): boolean;
}
