import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CODEX_AGENT, CODEX_MODEL, CodexPool, codexQuestion } from '../support/codex-pool.ts';

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** As Codex sends it, with kinds of items and tools that came later than this gateway, in a shape that no serialiser writes. */
const UNKNOWN_BODY = `{ "input" : [ {"type":"additional_tools","x":[1, 2]},
 {"type":"reasoning","encrypted_content":"a\\u00e4/=="},{"type":"from_the_future","n":1e0} ],
 "tools":[{"type":"namespace","tools":[]},{"type":"web_search"},{"type":"of_tomorrow"}],
 "model":"${CODEX_MODEL}", "store":false,  "include":["reasoning.encrypted_content"],
 "service_tier":"priority","new_field":{"deep":[null,true]}, "client_metadata":{"k":"Hä€"},"stream":true }`;

const CODEX_HEADERS = {
  accept: 'text/event-stream',
  originator: 'codex_exec',
  version: '0.169.0',
  'openai-beta': 'responses_websockets=2026-02-06',
  'thread-id': '0f8fad5b-d9cb-469f-a165-70867728950e',
  'x-client-request-id': '0f8fad5b-d9cb-469f-a165-70867728950e',
  'x-codex-turn-metadata': '{"turn":1}',
  'x-codex-window-id': 'w-1',
  'x-codex-beta-features': 'remote_compaction_v2',
  'x-stainless-os': 'Linux',
  'x-from-the-future': '1',
};

const SECRETS = {
  cookie: 'session=1',
  'x-api-key': 'sk-of-the-client',
  'api-key': 'sk-2',
  'x-forwarded-for': '10.0.0.1',
};

describe('what passes to a codex upstream', () => {
  const pool = CodexPool.forSuite();

  it('is the body byte for byte, and every header but those that show who the client is', async () => {
    const answer = await pool.send(UNKNOWN_BODY, { ...CODEX_HEADERS, ...SECRETS });
    expect(answer.status).toBe(200);
    const sent = pool.onlyRequest('up-a');
    expect(sent.bodySha256).toBe(sha256(UNKNOWN_BODY));
    expect(sent.headers).toMatchObject({
      ...CODEX_HEADERS,
      'user-agent': CODEX_AGENT,
      'session-id': pool.session,
      authorization: 'Bearer up-a',
      'accept-encoding': 'identity',
    });
    for (const name of ['cookie', 'x-api-key', 'api-key', 'x-forwarded-for'])
      expect(sent.headers[name]).toBeUndefined();
    expect(JSON.stringify(sent.rawHeaders)).not.toMatch(
      new RegExp(`${pool.secret}|session=1|sk-of-the-client|10\\.0\\.0\\.1`),
    );
  });

  it('is the query, without a key in it', async () => {
    await pool.send(codexQuestion(false), {}, '/openai/v1/responses?api-version=2026-10-01&key=cr_leak&x=%20');
    expect(pool.onlyRequest('up-a').url).toBe('/v1/responses?api-version=2026-10-01&x=%20');
  });

  describe('the path of the client behind the address of the account', () => {
    const PATHS = ['/responses', '/v1/responses', '/responses/compact', '/v1/responses/compact'] as const;
    let secrets: Readonly<Record<string, string>>;

    beforeAll(async () => {
      const bound = async (suffix: string): Promise<string> => {
        const options = { accountType: 'dedicated', name: `base${suffix}` };
        const id = await pool.app.account(pool.simulator.url + suffix, 'up-base', options, 'codex');
        return (await pool.app.key({ codexAccountId: id })).key;
      };
      secrets = {
        '': await bound(''),
        '/': await bound('/'),
        '/v1': await bound('/v1'),
        '/team/v1/': await bound('/team/v1/'),
      };
    });

    const expected = (base: string, path: string): string => {
      const plain = base.replace(/\/$/, '');
      return plain.endsWith('/v1') ? plain + path.replace(/^\/v1/, '') : plain + path;
    };

    it.each(['', '/', '/v1', '/team/v1/'].flatMap((base) => PATHS.map((path) => ({ base, path }))))(
      'joins "$base" with $path, and never has /v1 twice',
      async ({ base, path }) => {
        const authorization = `Bearer ${secrets[base] ?? ''}`;
        const answer = await pool.send(codexQuestion(false), { authorization }, `/openai${path}`);
        expect(answer.status).toBe(200);
        expect(pool.onlyRequest('up-base').url).toBe(expected(base, path));
      },
    );
  });

  it('names the account as its own user agent where it has one, else as the client', async () => {
    await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { userAgent: 'codex_vscode/9.9.9' });
    try {
      await pool.send();
      expect(pool.onlyRequest('up-a').headers['user-agent']).toBe('codex_vscode/9.9.9');
    } finally {
      await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { userAgent: null });
    }
    await pool.send();
    expect(pool.simulator.requests('up-a')[1]?.headers['user-agent']).toBe(CODEX_AGENT);
  });
});

describe('what passes back from a codex upstream', () => {
  const pool = CodexPool.forSuite();
  const event = (type: string, rest = ''): string => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
  const EVENTS = [
    event('response.created', ',"response":{"id":"resp_1","model":"gpt-5"}'),
    ': a comment\n\n',
    'data: {"type":"response.output_text.delta",\r\ndata: "delta":"Hä€"}\r\n\r\n',
    event('response.of_the_future.delta', ',"x":1'),
    event('response.completed', ',"response":{"usage":{"input_tokens":1,"output_tokens":2}}'),
  ];

  it.each([1, 7, 100_000])('is every byte of a stream that comes in pieces of %d', async (pieceBytes) => {
    pool.simulator.script('up-a', [{ events: EVENTS, pieceBytes }]);
    const answer = await pool.send();
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(answer.headers.get('x-relay-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    expect(answer.body).toBe(EVENTS.join(''));
  });

  it('is the body of a whole answer and the headers of the API, and nothing of the account', async () => {
    const body = '{ "id":"resp_1", "object":"response",  "output":[], "error":null, "of_the_future":1 }';
    const own = {
      'content-type': 'application/json',
      'x-request-id': 'req_upstream',
      'openai-version': '2020-10-01',
      'openai-processing-ms': '12',
      'set-cookie': 'a=b',
      server: 'upstream',
      'x-ratelimit-remaining-requests': '3',
      'x-codex-primary-used-percent': '70',
    };
    pool.simulator.script('up-a', [{ status: 200, body, headers: own }]);
    const answer = await fetch(`${pool.app.url}/openai/responses`, {
      method: 'POST',
      headers: { ...pool.headers(), 'content-type': 'application/json' },
      body: JSON.stringify(codexQuestion(false)),
    });
    expect(await answer.text()).toBe(body);
    const passed = ['x-request-id', 'openai-version', 'openai-processing-ms'].map((name) => answer.headers.get(name));
    expect(passed).toEqual(['req_upstream', '2020-10-01', '12']);
    for (const name of ['set-cookie', 'x-ratelimit-remaining-requests', 'x-codex-primary-used-percent']) {
      expect(answer.headers.has(name)).toBe(false);
    }
    expect(answer.headers.get('server')).not.toBe('upstream');
  });

  it.each([400, 404, 413, 422])('is a %d exactly as it is, from one account', async (status) => {
    const refusal =
      '{"error":  {"message":"input[0]: not understood","type":"invalid_request_error","param":null,"code":null}}';
    pool.simulator.script('up-a', [{ status, body: refusal, headers: { 'content-type': 'application/json' } }]);
    const answer = await pool.send(codexQuestion(status === 400));
    expect([answer.status, answer.body]).toEqual([status, JSON.parse(refusal)]);
    expect(pool.served()).toEqual(['up-a']);
  });
});

describe('an upgrade to a WebSocket', () => {
  const pool = CodexPool.forSuite();

  it.each(['/openai/responses', '/openai/v1/responses'])('is refused with 426 at once on %s', async (path) => {
    const startedAt = performance.now();
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(pool.app.url + path, {
        headers: { ...pool.headers(), connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
      });
      outgoing.on('response', (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
    expect(status).toBe(426);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(pool.simulator.log).toEqual([]);
  });
});
