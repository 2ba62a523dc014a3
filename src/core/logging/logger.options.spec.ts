import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Header, HttpException, Logger, Module, Post, StreamableFile } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger as PinoLogger, LoggerModule } from 'nestjs-pino';
import { PassThrough } from 'node:stream';
import { testConfig } from '../../../test/support/test-config.js';
import { assignRequestId } from '../http/request-id.js';
import { loggerOptions } from './logger.options.js';

const SECRET = 'cr_0123456789abcdef';
const PROMPT = 'a prompt that is nobody else business';

const lines: Record<string, unknown>[] = [];
const waiting: (() => void)[] = [];
const destination = {
  write(text: string) {
    lines.push(JSON.parse(text) as Record<string, unknown>);
    for (const wake of waiting.splice(0)) wake();
  },
};
const lineWhere = async (matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> => {
  for (;;) {
    const found = lines.find(matches);
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
};

const endless = new PassThrough();

@Controller()
class ProbeController {
  private readonly logger = new Logger('Probe');

  @Post('act')
  act(): string {
    const headers = { authorization: `Bearer ${SECRET}`, 'X-Api-Key': SECRET };
    this.logger.warn({ msg: 'acted', headers, account: { apiKey: SECRET, name: 'a' } });
    this.logger.error({ msg: 'failed', err: Object.assign(new Error('why'), { headers }) });
    return 'done';
  }

  @Get('broken')
  broken(): void {
    throw new HttpException('broken', 503);
  }

  @Get('endless')
  @Header('content-type', 'text/event-stream')
  endless(): StreamableFile {
    return new StreamableFile(endless);
  }

  @Get()
  root(): string {
    return 'root';
  }

  @Get(['health', 'health/ready', 'healthy'])
  health(): string {
    return 'ok';
  }
}

@Module({
  imports: [LoggerModule.forRoot(loggerOptions(testConfig({ logLevel: 'info' }), destination))],
  controllers: [ProbeController],
})
class ProbeModule {}

describe('the log of a service', () => {
  let app: NestFastifyApplication;
  let port: number;

  const call = (method: string, path: string, body?: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${SECRET}`,
        'x-api-key': SECRET,
        'api-key': SECRET,
        'x-goog-api-key': SECRET,
        'x-admin-token': SECRET,
        cookie: `session=${SECRET}`,
        'content-type': 'application/json',
      },
      ...(body !== undefined && { body }),
    });

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [ProbeModule] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ genReqId: assignRequestId }));
    app.useLogger(app.get(PinoLogger));
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(async () => {
    await app.close();
  });
  beforeEach(() => {
    lines.length = 0;
  });

  it('has one line per request: id, method, path without its query, status, time', async () => {
    await call('POST', `/act?key=${SECRET}`, JSON.stringify({ prompt: PROMPT }));
    const line = await lineWhere(({ msg }) => msg === 'request');
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      pid: process.pid,
      hostname: expect.any(String),
      reqId: expect.stringMatching(/^req_[0-9a-f]{32}$/),
      method: 'POST',
      path: '/act',
      status: 201,
      ms: expect.any(Number),
      msg: 'request',
    });
  });

  it('has one for the root and for a path that nobody serves', async () => {
    await call('GET', '/');
    await call('GET', '/no/such/path');
    expect(await lineWhere(({ path }) => path === '/')).toMatchObject({ status: 200 });
    expect(await lineWhere(({ path }) => path === '/no/such/path')).toMatchObject({ status: 404, level: 'info' });
  });

  it('puts the same id on what is logged while the request is served', async () => {
    await call('POST', '/act', '{}');
    const { reqId } = await lineWhere(({ msg }) => msg === 'request');
    expect(await lineWhere(({ msg }) => msg === 'acted')).toMatchObject({
      reqId,
      level: 'warn',
      context: 'Probe',
      account: { name: 'a' },
    });
  });

  it('never holds a secret, a body or a query', async () => {
    await call('POST', `/act?key=${SECRET}`, JSON.stringify({ prompt: PROMPT }));
    await call('POST', '/act', `{"broken": "${PROMPT}`);
    await call('GET', `/missing?key=${SECRET}`);
    await lineWhere(({ status }) => status === 404);
    await lineWhere(({ status }) => status === 400);
    await lineWhere(({ msg }) => msg === 'failed');
    const text = JSON.stringify(lines);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(PROMPT);
    expect(text).toContain('[redacted]');
  });

  it('says of an error what happened, with its stack', async () => {
    await call('POST', '/act', '{}');
    const { err } = await lineWhere(({ msg }) => msg === 'failed');
    expect(err).toEqual({ name: 'Error', message: 'why', stack: expect.stringContaining('logger.options.spec') });
  });

  it('reports a failed request as an error', async () => {
    await call('GET', '/broken');
    expect(await lineWhere(({ path }) => path === '/broken')).toMatchObject({
      level: 'error',
      status: 503,
      reason: 'failed with status code 503',
      msg: 'request failed',
    });
  });

  it('says when the connection ended before the answer', async () => {
    const client = request({ host: '127.0.0.1', port, path: '/endless' });
    client.on('error', () => undefined);
    const answered = new Promise((resolve) => client.on('response', resolve));
    client.end();
    endless.write(': hello\n\n');
    await answered;
    client.destroy();
    expect(await lineWhere(({ path }) => path === '/endless')).toMatchObject({ status: 200, aborted: true });
  });

  it('is quiet about health checks, and about nothing else', async () => {
    await call('GET', '/health');
    await call('GET', '/health/ready?verbose=1');
    await call('GET', '/healthy');
    await lineWhere(({ path }) => path === '/healthy');
    expect(lines.map(({ path }) => path)).toEqual(['/healthy']);
  });
});

describe('loggerOptions', () => {
  it('writes to standard output when no destination is given', () => {
    const { pinoHttp } = loggerOptions(testConfig({ logLevel: 'debug' }));
    expect(pinoHttp).toMatchObject({ level: 'debug' });
  });
});
