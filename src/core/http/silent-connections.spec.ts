import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Public } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { startHttpApp } from '../../../test/support/http-app.ts';

const asked = Promise.withResolvers<(text: string) => void>();

@Public()
@Controller()
class SlowController {
  @Get('slow')
  slow(): Promise<string> {
    return new Promise((resolve) => {
      asked.resolve(resolve);
    });
  }
}

describe('a server that closes', () => {
  it('ends a connection on which nothing was said, and lets a request that runs end', async () => {
    const server = await startHttpApp({ controllers: [SlowController] });
    const silent = connect(server.port, '127.0.0.1').resume();
    await once(silent, 'connect');
    const running = once(get(`${server.url}/slow`, { agent: false }), 'response');
    const answer = await asked.promise;
    const gone = once(silent, 'close');
    const closed = server.close();
    await gone;
    answer('whole');
    const [response] = (await running) as [IncomingMessage];
    expect(await text(response)).toBe('whole');
    await closed;
  });
});
