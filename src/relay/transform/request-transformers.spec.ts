import { type RelayRequest, type RequestChange, type RequestTransformer, Transformer } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import type { Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { MESSAGES } from '../endpoints.js';
import { RequestTransformers } from './request-transformers.js';

/** Writes its name behind those of the others. */
class Signing implements RequestTransformer {
  constructor(private readonly name: string) {}

  transform({ headers }: RelayRequest): RequestChange {
    return { headers: { ...headers, signed: `${String(headers['signed'] ?? '')}${this.name}` } };
  }
}

@Transformer({ order: 2, endpoints: ['messages', 'responses'] })
class Second extends Signing {}

@Transformer({ order: 1, endpoints: ['messages'] })
class First extends Signing {}

@Transformer({ order: 0, endpoints: ['count_tokens'] })
class Elsewhere extends Signing {}

@Transformer({ order: 3, endpoints: ['messages'] })
class OtherBody implements RequestTransformer {
  transform(): RequestChange {
    return { body: Buffer.from('{"stream":true,"messages":[],"model":"other"}') };
  }
}

@Transformer({ order: 4, endpoints: ['messages'] })
class NoModel implements RequestTransformer {
  transform(): RequestChange {
    return { body: Buffer.from('{"messages":[]}') };
  }
}

@Transformer({ order: 5, endpoints: ['messages'] })
class Silent implements RequestTransformer {
  transform(): null {
    return null;
  }
}

@Transformer({ order: 6, endpoints: ['messages'] })
class NoTransformer {}

async function start(...providers: readonly Provider[]): Promise<RequestTransformers> {
  const imports = [DiscoveryModule];
  const module = await Test.createTestingModule({ imports, providers: [RequestTransformers, ...providers] }).compile();
  await module.init();
  return module.get(RequestTransformers);
}

const named = (of: new (name: string) => Signing): Provider => ({ provide: of, useFactory: () => new of(of.name) });
const apply = (sut: RequestTransformers, request: RelayRequest): RelayRequest =>
  sut.apply(request, MESSAGES, testPrincipal());

describe('RequestTransformers', () => {
  it('gives back the request itself where nothing changes it', async () => {
    const request = testRelayRequest();
    expect(apply(await start(named(Elsewhere), Silent), request)).toBe(request);
  });

  it('runs those of the endpoint by their order, each on what the one before has left', async () => {
    const request = testRelayRequest({ headers: { kept: '1' } });
    const changed = apply(await start(named(Second), Silent, named(Elsewhere), named(First)), request);
    expect(changed).toEqual({ ...request, headers: { kept: '1', signed: 'FirstSecond' } });
    expect(changed.body).toBe(request.body);
  });

  it('describes a changed body anew, and remembers what the client has asked for', async () => {
    const changed = apply(await start(OtherBody), testRelayRequest());
    expect(changed).toMatchObject({ model: 'other', askedModel: 'claude-opus', stream: true });
    expect(changed.body.toString('utf8', changed.modelSpan.start, changed.modelSpan.end)).toBe('"other"');
  });

  it('refuses a request that a transformer has left without a model', async () => {
    const sut = await start(NoModel);
    expect(() => apply(sut, testRelayRequest())).toThrow('model: this member is required');
  });

  it('stops the start at a class that says it is one and is none', async () => {
    await expect(start(NoTransformer)).rejects.toThrow(
      'NoTransformer is decorated with @Transformer, but has no method transform',
    );
  });
});
