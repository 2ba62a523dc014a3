import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { ClientAccess, type Principal, Public, RelayError } from '@crs/extension-api';
import { type HttpApp, startHttpApp } from '../../test/support/http-app.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { CryptoModule } from '../core/crypto/crypto.module.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { LeaseModule } from '../core/lease/lease.module.js';
import { SettingsModule } from '../core/settings/settings.module.js';
import { ErrorRenderer, ErrorRenderers, type RenderedError } from '../core/http/error-renderers.js';
import { ApiKeyModule } from './api-key.module.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { CurrentPrincipal } from './current-principal.js';

const SECRET = `cr_${'5'.repeat(64)}`;

@ClientAccess()
@Controller('client')
class ClientController {
  handled = 0;

  @Get('me')
  me(@CurrentPrincipal() principal: Principal): { name: string } {
    return { name: principal.name };
  }

  @Post('messages')
  messages(): object {
    this.handled += 1;
    return {};
  }

  @Public()
  @Get('open')
  open(): { open: boolean } {
    return { open: true };
  }
}

class CodeRenderer extends ErrorRenderer {
  handles(path: string): boolean {
    return path.startsWith('/client/');
  }

  render(error: unknown): RenderedError {
    const code = error instanceof RelayError ? error.code : 'other';
    return { status: code === 'other' ? 500 : 401, headers: {}, body: { code } };
  }
}

let server: HttpApp;

beforeAll(async () => {
  server = await startHttpApp({
    imports: [CryptoModule, LeaseModule, SettingsModule, ApiKeyModule],
    controllers: [ClientController],
  });
  server.app.get(ErrorRenderers, { strict: false }).register(new CodeRenderer());
  const secretHash = server.app.get(KeyHash, { strict: false }).of(SECRET);
  await server.app.get(ApiKeyRepository, { strict: false }).insert(testApiKey({ secretHash }));
});

afterAll(() => server.close());

const get = async (path: string, headers: Record<string, string> = {}): Promise<unknown> =>
  (await fetch(`${server.url}${path}`, { headers })).json();

/** The first bytes of the answer to what was sent, while the sender has not finished. */
function firstAnswer(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
    socket.once('error', reject);
  });
}

describe('ClientAuthHook', () => {
  it('tells a client route who calls', async () => {
    expect(await get('/client/me', { authorization: `Bearer ${SECRET}` })).toEqual({ name: 'plain-a' });
  });

  it('refuses an unknown caller in the words of the protocol', async () => {
    expect(await get('/client/me')).toEqual({ code: 'missing_key' });
    expect(await get('/client/me', { 'x-api-key': `cr_${'6'.repeat(64)}` })).toEqual({ code: 'invalid_key' });
    expect(await get(`/client/me?key=${SECRET}`)).toEqual({ code: 'missing_key' });
  });

  it('leaves other routes alone', async () => {
    expect(await get('/client/open')).toEqual({ open: true });
  });

  it('refuses before the body has come, so that nobody can make the gateway buffer one', async () => {
    const head = ['POST /client/messages HTTP/1.1', 'host: x', 'x-api-key: cr_unknown-key', 'content-length: 99999999'];
    const answer = await firstAnswer(`${head.join('\r\n')}\r\n\r\n{"model":`);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(server.app.get(ClientController).handled).toBe(0);
  });
});
