import { describe, expect, it } from '@jest/globals';
import {
  MOST_TOKENS_TOLD,
  type Platform,
  type RelayAdapter,
  RelayError,
  type RelayRequest,
  type UpstreamAccount,
} from '@crs/extension-api';
import { findPath } from '@crs/json-scan';
import fc from 'fast-check';
import { failureContextOf, later } from '../support/failures.js';
import { testAccount } from '../support/test-account.js';
import { testRelayRequest } from '../support/test-relay-request.js';
import { anyEvent as event, anyUsage } from './any-event.js';
import { anyFailure as failure, PROMISED } from './any-failure.js';

/** What a client may show its key in; nothing of it may reach an upstream. */
const CLIENT_KEY = 'cr_the-key-of-the-client';
const CLIENT_KEY_HEADERS = [
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'x-cr-api-key',
  'proxy-authorization',
  'cookie',
];
const NOW = later(0);

const text = fc.string({ unit: 'grapheme' });
const headerName = fc.stringMatching(/^x-[a-z]{3,10}$/);
const headers = fc.dictionary(headerName, fc.oneof(fc.constantFrom('a', 'b, c'), fc.array(fc.constantFrom('d', 'e'))));
const body = fc
  .tuple(fc.dictionary(text, fc.jsonValue()), text)
  .map(([members, model]) => Buffer.from(JSON.stringify({ ...members, model }, null, 1)));
const secret = fc.oneof(
  fc.stringMatching(/^sk-ant-[a-z0-9]{20,40}$/),
  fc.stringMatching(/^[a-z0-9]{20,40}$/).map((key) => `key-${key}`),
);

function toRequest(
  adapter: RelayAdapter,
  endpoint: string,
  fields: { readonly body: Buffer; readonly headers: RelayRequest['headers'] },
): RelayRequest {
  const modelSpan = findPath(fields.body, ['model']) ?? { start: 0, end: 0 };
  return testRelayRequest({
    protocol: adapter.protocol,
    endpoint,
    path: '/gateway/path',
    query: '?beta=true',
    model: String(JSON.parse(fields.body.toString('utf8', modelSpan.start, modelSpan.end))),
    askedEndpoint: endpoint,
    modelSpan,
    stream: true,
    ...fields,
  });
}

const toAccount = (platform: string, change: Partial<UpstreamAccount>): UpstreamAccount =>
  testAccount({
    platform,
    apiUrl: 'https://upstream.example/base',
    secret: '',
    userAgent: '',
    providerEndpoint: 'auto',
    ...change,
  });

/** The endpoints that each protocol's routes hand to a platform. */
const ENDPOINTS: Readonly<Record<RelayAdapter['protocol'], readonly string[]>> = {
  anthropic: ['messages', 'count_tokens'],
  openai: ['responses', 'compact', 'chat_completions'],
};

/** What holds for every upstream family. Run it on each in one spec. */
export function describePlatform(name: string, sut: Platform): void {
  describe(`the platform ${name}`, () => {
    it('names how its accounts are stored', () => {
      const { binding, undecryptable, defaultUserAgent, ownSettings, ...names } = sut.account;
      for (const value of [...Object.values(names), binding.storedField, binding.apiField])
        expect(value).toMatch(/^\S+$/);
      expect(['as_is', 'empty']).toContain(undecryptable);
      expect([typeof binding.prefix, typeof defaultUserAgent]).toEqual(['string', 'string']);
      expect(ownSettings === undefined || new Set(ownSettings).size === ownSettings.length).toBe(true);
    });

    const { relay } = sut;
    if (relay !== null) describeAdapter(name, relay);
  });
}

/** What no two platforms may share, or their accounts, sessions or bindings would be taken for one another's. */
export function describePlatformSet(platforms: ReadonlyMap<string, Platform>, classes: number): void {
  describe('the platforms together', () => {
    it('have names of their own', () => {
      expect(platforms.size).toBe(classes);
      for (const name of platforms.keys()) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it.each(['recordPrefix', 'sharedSet', 'accountType', 'storedPlatform', 'secretSalt', 'sessionPrefix'] as const)(
      'share no %s',
      (field) => {
        expect(new Set([...platforms.values()].map(({ account }) => account[field])).size).toBe(classes);
      },
    );

    it('share no binding', () => {
      const bindings = [...platforms.values()].map(({ account }) => account.binding);
      expect(new Set(bindings.map(({ apiField }) => apiField)).size).toBe(classes);
      expect(new Set(bindings.map(({ storedField, prefix }) => `${storedField}=${prefix}`)).size).toBe(classes);
    });
  });
}

function describeAdapter(name: string, sut: RelayAdapter): void {
  const served = ENDPOINTS[sut.protocol].filter((at) => sut.serves(at, toAccount(name, {})));
  const endpoint = fc.constantFrom(...served);

  it('sends the secret of the account exactly once and no key of the client', () => {
    fc.assert(
      fc.property(endpoint, body, headers, secret, (at, bytes, sent, key) => {
        const withKeys = { ...sent, ...Object.fromEntries(CLIENT_KEY_HEADERS.map((header) => [header, CLIENT_KEY])) };
        const account = toAccount(name, { secret: key });
        const built = sut.buildRequest(toRequest(sut, at, { body: bytes, headers: withKeys }), account);
        const whole = `${built.url.href}\n${JSON.stringify(built.headers)}`;
        expect(whole).not.toContain(CLIENT_KEY);
        expect(whole.split(key)).toHaveLength(2);
      }),
    );
  });

  it('says what it serves, and can be asked for that alone', () => {
    const account = toAccount(name, { secret: 'key-1' });
    const request = (at: string): RelayRequest =>
      toRequest(sut, at, { body: Buffer.from('{"model":"m"}'), headers: {} });
    for (const at of served) expect(sut.buildRequest(request(at), account).url.host).toBe('upstream.example');
    expect(sut.serves(sut.probe.build('m').endpoint, account)).toBe(true);
    for (const at of ['', 'constructor', '__proto__', 'no-endpoint']) {
      expect(sut.serves(at, account)).toBe(false);
      expect(() => sut.buildRequest(request(at), account)).toThrow(RelayError);
    }
  });

  it.each(PROMISED)('judges as every platform does: %s', (_, failed, expected) => {
    for (const at of served) {
      const verdict = sut.classifyFailure(failed, failureContextOf({ now: NOW, model: 'model-1', endpoint: at }));
      const mark = verdict.action === 'give_up' ? undefined : verdict.mark;
      expect([verdict.action, mark?.type, mark?.resetAt]).toEqual(expected);
    }
  });

  it('keeps the method, the query, the bytes of the body and headers that it does not know', () => {
    fc.assert(
      fc.property(endpoint, body, headers, (at, bytes, sent) => {
        const request = toRequest(sut, at, { body: bytes, headers: sent });
        const built = sut.buildRequest(request, toAccount(name, { secret: 'key-1' }));
        expect([built.method, built.url.search]).toEqual(['POST', '?beta=true']);
        expect(built.url.href.startsWith('https://upstream.example/base')).toBe(true);
        expect(built.body.equals(bytes)).toBe(true);
        for (const [header, value] of Object.entries(sent)) {
          expect(built.headers[header]).toBe(typeof value === 'string' ? value : value.join(', '));
        }
        expect(built.headers).toMatchObject({ 'accept-encoding': 'identity', 'content-length': String(bytes.length) });
      }),
    );
  });

  it('changes nothing of the body but the model where the account maps it, and nothing of the request', () => {
    fc.assert(
      fc.property(endpoint, body, text, (at, bytes, upstreamModel) => {
        const request = toRequest(sut, at, { body: Buffer.from(bytes), headers: {} });
        const account = toAccount(name, { secret: 'key-1', supportedModels: { [request.model]: upstreamModel } });
        const before: unknown = JSON.parse(bytes.toString());
        fc.pre(Object.hasOwn(account.supportedModels, request.model));
        const built = sut.buildRequest(request, account);
        expect(JSON.parse(built.body.toString())).toEqual({ ...(before as object), model: upstreamModel });
        expect(request.body.equals(bytes)).toBe(true);
      }),
    );
  });

  it('has a verdict on every failure, the same each time, and no reset in the past', () => {
    fc.assert(
      fc.property(failure, text, endpoint, fc.array(text), fc.nat(3), (failed, model, at, texts, sameFailures) => {
        const change = { now: NOW, model, endpoint: at, accountFaultTexts: texts, sameFailures };
        const context = failureContextOf({ ...change, requestHolds: (held) => held.length % 2 === 0 });
        const verdict = sut.classifyFailure(failed, context);
        expect(sut.classifyFailure(failed, context)).toEqual(verdict);
        if (verdict.action === 'give_up') return;
        expect(verdict.action).toBe('other_account');
        const resetAt = verdict.mark?.resetAt;
        if (resetAt !== undefined) expect(resetAt.getTime()).toBeGreaterThan(NOW.getTime());
      }),
      { numRuns: 1000 },
    );
  });

  it('meters any events and bodies without throwing, in whole figures that are not negative', () => {
    const bytes = fc.oneof(
      fc.uint8Array().map((array) => Buffer.from(array)),
      fc.oneof(fc.json(), anyUsage).map((json) => Buffer.from(json)),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(event, bytes)), (inputs) => {
        const meter = sut.createUsageMeter();
        for (const input of inputs) {
          if (Buffer.isBuffer(input)) meter.onBody(input);
          else meter.onEvent(input);
        }
        const { usage, outputBytes, ...told } = meter.read();
        const { hasCacheSplit, ...figures } = usage;
        for (const figure of [outputBytes, ...Object.values(figures)]) {
          expect(Number.isSafeInteger(figure) && figure >= 0).toBe(true);
        }
        // Cache writes are the sum of two classes.
        expect(Math.max(...Object.values(figures))).toBeLessThanOrEqual(2 * MOST_TOKENS_TOLD);
        expect(typeof hasCacheSplit).toBe('boolean');
        // A side is known by a figure alone.
        expect(told.started).toBe(told.started || told.inputKnown || told.outputKnown);
      }),
    );
  });

  it('has a probe that is a small stream of the model that is asked for', () => {
    fc.assert(
      fc.property(text, (model) => {
        const built = sut.probe.build(model);
        expect(ENDPOINTS[sut.protocol]).toContain(built.endpoint);
        expect(JSON.parse(built.body.toString())).toMatchObject({ model, stream: true });
        expect(findPath(built.body, ['model'])).not.toBeNull();
        expect(built.body.length - Buffer.byteLength(JSON.stringify(model))).toBeLessThan(1024);
        expect(built.path).toMatch(/^\/[\w/.-]+$/);
        for (const header of Object.keys(built.headers)) expect(header).toMatch(/^[a-z0-9-]+$/);
      }),
    );
    expect(sut.probe.defaultModel).toMatch(/^\S+$/);
  });

  it('sends its probe with the secret of the account and no other, under the name that the account maps', () => {
    fc.assert(
      fc.property(text, text, secret, (model, upstreamModel, key) => {
        const { endpoint: at, headers: sent, body: bytes } = sut.probe.build(model);
        for (const header of CLIENT_KEY_HEADERS) expect(sent).not.toHaveProperty(header);
        const account = toAccount(name, { secret: key, supportedModels: { [model]: upstreamModel } });
        fc.pre(Object.hasOwn(account.supportedModels, model));
        const built = sut.buildRequest(toRequest(sut, at, { body: bytes, headers: sent }), account);
        expect(JSON.stringify(built.headers).split(key)).toHaveLength(2);
        expect(JSON.parse(built.body.toString())).toMatchObject({ model: upstreamModel, stream: true });
      }),
    );
  });

  it('reads any event of a probe without throwing', () => {
    fc.assert(
      fc.property(event, (read) => {
        expect(typeof sut.probe.textOf(read)).toBe('string');
        expect(typeof sut.probe.isEnd(read)).toBe('boolean');
        const error = sut.probe.errorOf(read);
        if (error !== null) expect([typeof error.type, typeof error.message]).toEqual(['string', 'string']);
      }),
    );
  });

  it('gives each attempt a meter of its own', () => {
    expect(sut.createUsageMeter()).not.toBe(sut.createUsageMeter());
  });
}
