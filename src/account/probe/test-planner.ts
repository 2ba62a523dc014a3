import {
  mapModel,
  type RelayAdapter,
  type RelayRequest,
  type UpstreamAccount,
  type UpstreamRequest,
} from '@crs/extension-api';
import { findPath } from '@crs/json-scan';
import { ConflictException, Injectable } from '@nestjs/common';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { Clock } from '../../core/time/clock.js';
import type { AccountEntry } from '../account-entry.factory.js';
import { AccountQueryService } from '../account-query.service.js';
import { INVALID_PROXY_STATUS } from '../account-record.js';

/** What a test will send, and to whom. */
export interface TestPlan {
  readonly platform: string;
  readonly account: UpstreamAccount;
  readonly adapter: RelayAdapter;
  readonly request: RelayRequest;
  readonly outgoing: UpstreamRequest;
  /** The model as the upstream is asked for it. */
  readonly upstreamModel: string;
}

/** What can stand in a header. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** Prepares the test of an account: whatever can be known to fail is refused before anything is sent. */
@Injectable()
export class TestPlanner {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly queries: AccountQueryService,
    private readonly clock: Clock,
  ) {}

  /**
   * @param model as a client would ask for it; null = the first that the account maps, else a cheap one
   * @throws NotFoundException about a platform or an account, ConflictException about an account that cannot be tested
   */
  async plan(platform: string, id: string, model: string | null, requestId: string): Promise<TestPlan> {
    const entry = await this.queries.get(platform, id);
    const adapter = this.platforms.find(platform)?.relay ?? null;
    if (adapter === null) {
      throw new ConflictException(
        `Accounts of ${platform} cannot be tested: they are only kept, and nothing is sent to their upstreams.`,
      );
    }
    const account = usableAccount(entry);
    const asked = model ?? Object.keys(account.supportedModels)[0] ?? adapter.probe.defaultModel;
    const receivedAt = new Date(this.clock.now());
    const request = toProbeRequest(adapter, { id: requestId, model: asked, receivedAt });
    const upstreamModel = mapModel(account.supportedModels, asked) ?? asked;
    return { platform, account, adapter, request, outgoing: build(adapter, request, account), upstreamModel };
  }
}

/** The request of a test, as a client would have sent it. */
export function toProbeRequest(
  { protocol, probe }: RelayAdapter,
  told: Pick<RelayRequest, 'id' | 'model' | 'receivedAt'>,
): RelayRequest {
  const { endpoint, path, headers, body } = probe.build(told.model);
  const modelSpan = findPath(body, ['model']);
  if (modelSpan === null) throw new Error('A probe must name its model');
  return {
    ...told,
    askedModel: told.model,
    askedEndpoint: endpoint,
    protocol,
    endpoint,
    method: 'POST',
    path,
    query: '',
    headers,
    body,
    modelSpan,
    stream: true,
    userId: null,
    sessionHash: null,
  };
}

function usableAccount({ stored, state: { account } }: AccountEntry): UpstreamAccount {
  if (stored.apiKey === '') throw new ConflictException('This account has no key. Set apiKey.');
  if (account.secret === '') {
    throw new ConflictException(
      'The key of this account cannot be opened: was ENCRYPTION_KEY changed? Set apiKey again, or bring the old ENCRYPTION_KEY back.',
    );
  }
  if (!VISIBLE_ASCII.test(account.secret)) {
    throw new ConflictException('The stored key holds characters that no upstream takes. Set apiKey again.');
  }
  // Going around the proxy would show the upstream an address that was meant to be hidden.
  if (stored.status === INVALID_PROXY_STATUS) {
    throw new ConflictException(
      'The stored proxy of this account cannot be understood. Set it again, or set it to null.',
    );
  }
  return account;
}

/** A database of version 1 may hold an address that is none. */
function build(adapter: RelayAdapter, request: RelayRequest, account: UpstreamAccount): UpstreamRequest {
  if (!/^https?:\/\//i.test(account.apiUrl) || !URL.canParse(account.apiUrl)) {
    throw new ConflictException('The stored address of this account is no http or https URL. Set apiUrl.');
  }
  return adapter.buildRequest(request, account);
}
