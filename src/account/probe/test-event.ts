import type { AccountMark, AccountProxy, TokenUsage } from '@crs/extension-api';

/**
 * Where a test failed. `connect`: no answer began; `status`: the upstream refused; `stream`: what it sent is no whole
 * answer; `empty`: it sent nothing to read; `timeout`; `stopped`: this process ends.
 */
export type TestStage = 'connect' | 'status' | 'stream' | 'empty' | 'timeout' | 'stopped';

/** What is told of a test, in this order; exactly one of the last two ends it. Times are ms since the test began. */
export type TestEvent =
  | {
      readonly name: 'test_start';
      readonly platform: string;
      readonly accountId: string;
      /** As a client would ask for it. */
      readonly model: string;
      /** As the upstream is asked for it. */
      readonly upstreamModel: string;
      /** Scheme, host and port: the rest of an address may hold a secret. */
      readonly url: string;
      readonly proxy: Pick<AccountProxy, 'type' | 'host'> | null;
    }
  | { readonly name: 'connected'; readonly status: number; readonly ms: number }
  | { readonly name: 'content'; readonly text: string }
  | {
      readonly name: 'test_complete';
      readonly ok: true;
      readonly status: number;
      readonly ms: number;
      readonly firstContentMs: number | null;
      /** As the upstream named it. */
      readonly model: string;
      /** Null: the upstream told no figures. */
      readonly usage: TestUsage | null;
    }
  | {
      readonly name: 'test_error';
      readonly ok: false;
      readonly stage: TestStage;
      /** Left out where no answer began. */
      readonly status?: number;
      readonly ms: number;
      /** The upstream's own words where it has said any. */
      readonly message: string;
      /** The mark that such an answer to a client's request would leave on the account; null = none. */
      readonly mark: AccountMark['type'] | null;
      /** What the gateway would do with such an answer to a client's request; null = that cannot be said. */
      readonly verdict: string | null;
    };

export type TestUsage = Pick<TokenUsage, 'inputTokens' | 'outputTokens' | 'cacheCreateTokens' | 'cacheReadTokens'>;
