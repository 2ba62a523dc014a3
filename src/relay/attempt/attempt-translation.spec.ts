import {
  type ModelRestriction,
  RelayError,
  type RelayRequest,
  type RequestTransformer,
  type UpstreamAccount,
} from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../../../test/support/test-account.ts';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { testRetryJob } from '../../../test/support/test-retry-job.ts';
import { CodexPlatform } from '../../platforms/codex/codex.platform.js';
import type { Bridge, Endpoint } from '../endpoint.js';
import { COMPACT, MESSAGES, RESPONSES } from '../endpoints.js';
import { RequestTransformers } from '../transform/request-transformers.js';
import { AttemptTranslation } from './attempt-translation.js';

const HEADERS = {
  'x-codex-turn-state': 'of one account',
  'x-codex-window-id': 'w',
  'user-agent': 'codex_exec/0.169.0',
};

const { relay } = new CodexPlatform();

const OTHER_BODY = Buffer.from('{"model":"other","input":[]}');

/** Every request that passes gets the name of the endpoint that is asked, and another model where its headers say so. */
const asked: RequestTransformer = {
  transform: ({ endpoint, headers, body }) => ({
    headers: { ...headers, 'x-asked': endpoint },
    body: headers['x-other-model'] === undefined ? body : OTHER_BODY,
  }),
};

const transformers = (): RequestTransformers => {
  const wrapper = { name: 'Asked', instance: asked };
  const discovery = {
    getProviders: () => [wrapper],
    getMetadataByDecorator: () => ({ order: 1, endpoints: ['responses', 'chat_completions'] }),
  };
  const found = new RequestTransformers(discovery as unknown as ConstructorParameters<typeof RequestTransformers>[0]);
  found.onModuleInit();
  return found;
};

interface Case {
  readonly strayed?: boolean;
  readonly endpoint?: Endpoint;
  readonly account?: UpstreamAccount;
  readonly headers?: Readonly<Record<string, string>>;
  readonly restriction?: ModelRestriction | null;
}

describe('AttemptTranslation', () => {
  const sut = new AttemptTranslation(transformers());
  const request = testRelayRequest({ protocol: 'openai', endpoint: 'responses', headers: HEADERS });

  const translate = (given: Case = {}) => {
    const { strayed = false, endpoint = RESPONSES, account = testAccount(), headers = HEADERS } = given;
    const principal = testPrincipal({ modelRestriction: given.restriction ?? null });
    const selection = { account, sticky: false, strayed, recovering: false, slot: null };
    const sent = headers === HEADERS ? request : { ...request, headers };
    return sut.translate({ ...testRetryJob({ request: sent, endpoint, principal }), selection, adapter: relay });
  };

  it('sends a request as it came', () => {
    expect(translate()).toEqual({ outgoing: request, bridge: null });
    expect(translate().outgoing).toBe(request);
  });

  it.each([RESPONSES, COMPACT])(
    'leaves out of $name what another account has given, where the session strayed',
    (endpoint) => {
      const { 'x-codex-turn-state': _, ...others } = HEADERS;
      expect(translate({ strayed: true, endpoint }).outgoing).toEqual({ ...request, headers: others });
      expect(request.headers).toEqual(HEADERS);
    },
  );

  it('changes nothing of a strayed session in whose protocol accounts give nothing', () => {
    expect(translate({ strayed: true, endpoint: MESSAGES }).outgoing).toBe(request);
  });

  describe('where the upstream lacks the endpoint', () => {
    const bridge: Bridge = {
      target: RESPONSES,
      toUpstream: (given: RelayRequest) => ({ ...given, endpoint: 'responses', body: Buffer.from('translated') }),
      toClient: (answer) => answer,
      refusalToClient: (body) => body,
      openStream: () => null,
    };
    const endpoint: Endpoint = {
      ...RESPONSES,
      name: 'chat_completions',
      bridgeTo: (protocol, isNative) => (protocol === 'openai' && !isNative ? bridge : null),
    };
    const account = testAccount({ platform: 'codex', providerEndpoint: 'responses' });

    it('translates it, and has it changed as a request of that endpoint', () => {
      const translated = translate({ endpoint, account });
      expect(translated.bridge).toBe(bridge);
      expect(translated.outgoing).toMatchObject({
        endpoint: 'responses',
        body: Buffer.from('translated'),
        headers: { ...HEADERS, 'x-asked': 'responses' },
      });
    });

    it.each([
      [{}, 'claude-opus'],
      [{ 'claude-opus': 'of-the-vendor' }, 'of-the-vendor'],
      [{ another: 'of-the-vendor' }, 'claude-opus'],
    ])('says under which name the account with the map %j knows the model: %s', (supportedModels, expected) => {
      const asked: string[] = [];
      const spying: Bridge = { ...bridge, toUpstream: (given, model) => (asked.push(model), given) };
      const sent = { ...account, supportedModels };
      translate({ endpoint: { ...endpoint, bridgeTo: () => spying }, account: sent });
      expect(asked).toEqual([expected]);
    });

    it('has no request changed twice that goes on to the endpoint that was called', () => {
      const native: Endpoint = { ...endpoint, bridgeTo: () => ({ ...bridge, target: native }) };
      const { outgoing } = translate({ endpoint: native, account });
      expect(outgoing).toMatchObject({ body: Buffer.from('translated'), headers: HEADERS });
      expect(outgoing.headers).not.toHaveProperty('x-asked');
    });

    it('lets no model past the restriction of the key that comes up only then', () => {
      const headers = { 'x-other-model': '1' };
      const ask = (restriction: ModelRestriction | null) => () =>
        translate({ endpoint, account, headers, restriction });
      expect(ask(null)().outgoing).toMatchObject({ model: 'other', body: OTHER_BODY });
      expect(ask({ mode: 'allow', models: ['other'] })().outgoing.model).toBe('other');
      const refusal = new RelayError(
        'model_not_allowed',
        'claude-opus is sent as other, which this API key may not use.',
      );
      expect(ask({ mode: 'allow', models: ['claude-opus'] })).toThrow(refusal);
      expect(ask({ mode: 'deny', models: ['other'] })).toThrow(refusal);
    });

    it('leaves out what another account has given first', () => {
      const { headers } = translate({ endpoint, account, strayed: true }).outgoing;
      expect(headers).not.toHaveProperty('x-codex-turn-state');
      expect(headers).toHaveProperty('x-codex-window-id');
    });
  });
});
