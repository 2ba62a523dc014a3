import { Injectable } from '@nestjs/common';
import { ApiKeyDirectory, type ApiKeySummary, toApiKeyId } from '@crs/extension-api';
import { Clock } from '../../core/time/clock.js';
import { type LookupError, LookupRefusal } from './lookup-refusal.js';

/** What names a key: its secret, or its id, which wins. */
export interface KeyReference {
  readonly apiKey?: string | undefined;
  /** In lower case. */
  readonly apiId?: string | undefined;
}

/** Either the key, or why nothing is told of it. */
type Finding = { readonly key: ApiKeySummary } | { readonly status: 403 | 404; readonly refusal: LookupError };

/** A key of several that is left out, and why. */
export type LeftOutKey = LookupError & { readonly apiId: string };

const NOT_FOUND: Finding = {
  status: 404,
  refusal: { error: 'API key not found', message: 'There is no API key with this id.' },
};

/** Finds the key that somebody names who has nothing but its secret or its id. */
@Injectable()
export class KeyFinder {
  constructor(
    private readonly directory: ApiKeyDirectory,
    private readonly clock: Clock,
  ) {}

  /** @throws LookupRefusal */
  async find({ apiKey, apiId }: KeyReference): Promise<ApiKeySummary> {
    if (apiId === undefined) return this.findBySecret(apiKey);
    const finding = await this.findById(apiId);
    if ('key' in finding) return finding.key;
    throw new LookupRefusal(finding.status, finding.refusal);
  }

  /** Those that may be told of, and the others; an id that is there twice counts once. */
  async findAll(
    apiIds: readonly string[],
  ): Promise<{ keys: readonly ApiKeySummary[]; leftOut: readonly LeftOutKey[] }> {
    const ids = [...new Set(apiIds)];
    const findings = await Promise.all(ids.map(async (apiId) => ({ apiId, ...(await this.findById(apiId)) })));
    return {
      keys: findings.flatMap((finding) => ('key' in finding ? [finding.key] : [])),
      leftOut: findings.flatMap((finding) => ('key' in finding ? [] : [{ apiId: finding.apiId, ...finding.refusal }])),
    };
  }

  private async findBySecret(apiKey: string | undefined): Promise<ApiKeySummary> {
    if (apiKey === undefined) {
      throw new LookupRefusal(400, { error: 'API Key or ID is required', message: 'Send apiKey or apiId.' });
    }
    const identity = await this.directory.identify(apiKey);
    if (identity.kind === 'known') return identity.key;
    throw new LookupRefusal(401, { error: 'Invalid API key', message: identity.message });
  }

  private async findById(apiId: string): Promise<Finding> {
    const key = await this.directory.findSummary(toApiKeyId(apiId));
    if (key === null) return NOT_FOUND;
    const state = unusableState(key, this.clock.now());
    if (state === null) return { key };
    const refusal = { error: `API key ${state}`, message: `The API key "${key.name}" ${state}.`, keyName: key.name };
    return { status: 403, refusal };
  }
}

/** In which state of the key nothing is told of it; a key that waits for its first use has not expired. */
function unusableState(key: ApiKeySummary, atMs: number): string | null {
  if (key.isDeleted) return 'is deleted';
  if (!key.isActive) return 'is disabled';
  const isWaiting = key.expirationMode === 'activation' && !key.isActivated;
  const hasExpired = key.expiresAt !== null && key.expiresAt.getTime() <= atMs;
  return hasExpired && !isWaiting ? 'has expired' : null;
}
