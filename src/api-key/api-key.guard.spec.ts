import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AdminAccess, ClientAccess, type Principal, Public, RelayError } from '@crs/extension-api';
import { testPrincipal } from '../../test/support/test-principal.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { principalOf } from './current-principal.js';

@ClientAccess()
class Routes {
  client(): string {
    return 'client';
  }

  @Public()
  open(): string {
    return 'open';
  }

  @AdminAccess()
  admin(): string {
    return 'admin';
  }
}

const contextOf = (route: 'client' | 'open' | 'admin', principal: Principal | null): ExecutionContext =>
  ({
    getHandler: () => Routes.prototype[route],
    getClass: () => Routes,
    switchToHttp: () => ({ getRequest: () => ({ principal }) }),
  }) as unknown as ExecutionContext;

const missingKey = expect.objectContaining({ code: 'missing_key' });

describe('ApiKeyGuard', () => {
  const sut = new ApiKeyGuard(new Reflector());

  it('lets a known caller pass', () => {
    expect(sut.canActivate(contextOf('client', testPrincipal()))).toBe(true);
  });

  it('stops an unknown caller, should the hook not have run', () => {
    expect(() => sut.canActivate(contextOf('client', null))).toThrow(RelayError);
    expect(() => sut.canActivate(contextOf('client', null))).toThrow(missingKey);
  });

  it.each(['open', 'admin'] as const)('leaves %s routes to others', (route) => {
    expect(sut.canActivate(contextOf(route, null))).toBe(true);
  });
});

describe('principalOf', () => {
  it('gives the caller', () => {
    const principal = testPrincipal();
    expect(principalOf(contextOf('client', principal))).toBe(principal);
  });

  it('throws where there is none', () => {
    expect(() => principalOf(contextOf('open', null))).toThrow(missingKey);
  });
});
