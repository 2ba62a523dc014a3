import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { keys, StoreUnavailableError } from '@crs/store';
import { AdminAccess } from '@crs/extension-api';
import { type HttpApp, startHttpApp } from '../../test/support/http-app.js';
import { type Answer, call, EchoController, sendJson, ThingController } from '../../test/support/http-fixture.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { AuthModule } from './auth.module.js';

const SECRET = 'test-jwt-secret-of-32-characters!';
const PASSWORD = 'the first password';
const LOGIN = '/api/v2/auth/admin/login';
const ME = '/api/v2/auth/me';
const CHANGE = '/api/v2/auth/change-password';

@AdminAccess()
@Controller('secret')
class SecretController {
  @Get()
  get(): object {
    return { secret: true };
  }
}

const clock = new TestClock(Date.now());
let server: HttpApp;

const post = (path: string, body: unknown, token?: string): Promise<Answer> =>
  sendJson(`${server.url}${path}`, 'POST', body, token === undefined ? {} : { authorization: `Bearer ${token}` });
const get = (path: string, headers: Record<string, string>): Promise<Answer> =>
  call(`${server.url}${path}`, 'GET', { headers });
const getMe = (token: string): Promise<Answer> => get(ME, { authorization: `Bearer ${token}` });

async function login(password = PASSWORD, username = 'root'): Promise<string> {
  const answer = await post(LOGIN, { username, password });
  expect(answer.status).toBe(200);
  return String(answer.body['token']);
}

function sign(claims: object, options: object = {}): string {
  const jwt = new JwtService();
  const defaults = {
    secret: SECRET,
    issuer: 'claude-relay-service',
    audience: 'claude-relay-service/admin',
    expiresIn: 60,
  };
  return jwt.sign(claims, { ...defaults, ...options });
}

const claimsOf = (token: string): Record<string, unknown> => new JwtService().decode<Record<string, unknown>>(token);
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

beforeAll(async () => {
  server = await startHttpApp({
    imports: [AuthModule],
    controllers: [SecretController, ThingController, EchoController],
    clock,
    config: testConfig({ admin: { username: 'root', password: PASSWORD, sessionTtlMs: 3_600_000 }, jwtSecret: SECRET }),
  });
});

afterAll(async () => {
  await server.close();
});

beforeEach(() => {
  clock.ms += 60_001;
});

describe('login', () => {
  it('answers a token and its seconds, with which the administration opens', async () => {
    const answer = await post(LOGIN, { username: 'root', password: PASSWORD });
    expect(answer.body).toEqual({ token: expect.any(String), expiresIn: 3600 });
    const token = String(answer.body['token']);
    const { exp, iat } = claimsOf(token);
    expect(Number(exp) - Number(iat)).toBe(3600);
    expect((await getMe(token)).body).toEqual({ username: 'root', role: 'admin' });
    expect((await get('/secret', { authorization: `bearer ${token}` })).body).toEqual({ secret: true });
  });

  it('does not tell which of name and password is wrong', async () => {
    const answers = [
      await post(LOGIN, { username: 'root', password: 'wrong' }),
      await post(LOGIN, { username: 'nobody', password: PASSWORD }),
      await post(LOGIN, { username: 'Root', password: PASSWORD }),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(401);
      expect(body['detail']).toBe('The user name or the password is wrong.');
    }
  });

  it.each<[unknown, string[]]>([
    [{}, ['username', 'password']],
    [{ username: 5, password: ['a'] }, ['username', 'password']],
    [{ username: { $ne: '' }, password: null }, ['username', 'password']],
    [{ username: '', password: 'x'.repeat(1025) }, ['username', 'password']],
    [{ username: 'root', password: PASSWORD, role: 'admin' }, ['role']],
  ])('refuses %j, naming %j', async (body, fields) => {
    const answer = await post(LOGIN, body);
    expect(answer.status).toBe(400);
    expect((answer.body['errors'] as { field: string }[]).map((error) => error.field)).toEqual(fields);
  });

  it.each<[string, unknown, number]>([
    ['a prototype', '{"username":"root","password":"x","__proto__":{"isAdmin":true}}', 400],
    ['an array', [], 400],
    ['broken JSON', '{"username":', 400],
    ['17 KiB', { username: 'root', password: 'x'.repeat(17_000) }, 413],
    ['too many fields', Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`f${index}`, { a: 1 }])), 413],
  ])('refuses %s as a body', async (_, body, status) => {
    expect((await post(LOGIN, body)).status).toBe(status);
  });

  it('says of what is missing that it is required', async () => {
    const messages = async (body: unknown): Promise<string[]> =>
      ((await post(LOGIN, body)).body['errors'] as { message: string }[]).map(({ message }) => message);
    expect(await messages({})).toEqual(['username is required', 'password is required']);
    expect(await messages({ username: 'root', password: '' })).toEqual(['password is required']);
    expect(await messages({ username: 5, password: 'x'.repeat(1025) })).toEqual([
      'username must be a text',
      'password must have 1 to 1024 characters',
    ]);
  });

  it('lets an address try ten times in any minute, and says when the next may come', async () => {
    const attempt = (): Promise<Answer> => post(LOGIN, { username: 'root', password: 'wrong' });
    for (let i = 0; i < 10; i += 1) {
      expect((await attempt()).status).toBe(401);
      clock.ms += 1000;
    }
    const refused = await post(LOGIN, { username: 'root', password: PASSWORD });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('50');
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body['detail']).toBe('Too many attempts from this address. Try again in 50 s.');
    expect((await get('/things', {})).status).toBe(200);
    clock.ms += 50_000;
    expect((await post(LOGIN, { username: 'root', password: PASSWORD })).status).toBe(200);
    expect((await attempt()).status).toBe(429);
  });
});

describe('the guard', () => {
  it('stops nobody on public and client routes', async () => {
    expect((await get('/things', {})).status).toBe(200);
    expect((await post('/client/echo', 'x')).status).toBe(200);
  });

  it('says what to do when there is no token', async () => {
    const answer = await get('/secret', {});
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.body['detail']).toContain('POST /api/v2/auth/admin/login');
  });

  it('takes a token from the authorization header only', async () => {
    const token = await login();
    const answers = await Promise.all([
      get(`${ME}?access_token=${token}&token=${token}`, {}),
      get(ME, { cookie: `adminToken=${token}`, 'x-admin-token': token }),
      get(ME, { authorization: token }),
      get(ME, { authorization: `Basic ${token}` }),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401, 401]);
  });

  it('refuses every token that it did not issue itself', async () => {
    const { sub, sid, epoch, iss, aud, exp } = claimsOf(await login());
    const claims = { sub, sid, epoch };
    const unsigned = `${base64({ alg: 'none', typ: 'JWT' })}.${base64({ ...claims, iss, aud, exp })}.`;
    const body = `${base64({ alg: 'HS256' })}.${base64({ ...claims, iss, aud, exp })}`;
    const forged: Record<string, string> = {
      'no algorithm': unsigned,
      'no signature': `${body}.`,
      'another secret': sign(claims, { secret: 'another secret' }),
      'an empty secret': `${body}.${createHmac('sha256', '').update(body).digest('base64url')}`,
      'another algorithm': sign(claims, { algorithm: 'HS512' }),
      'another issuer': sign(claims, { issuer: 'somebody' }),
      'another audience': sign(claims, { audience: 'somebody' }),
      'an expired token': sign(claims, { expiresIn: -1 }),
      'another user': sign({ ...claims, sub: 'nobody' }),
      'another epoch and session': sign({ ...claims, epoch: 'v1', sid: '' }),
      'claims of another form': sign({ sub, sid: 5, epoch }),
      'claims without a user': sign({ sid, epoch }),
      'no token at all': 'nonsense',
    };
    for (const [name, token] of Object.entries(forged)) {
      const { status } = await getMe(token);
      expect([name, status]).toEqual([name, 401]);
    }
    expect((await getMe(sign(claims))).status).toBe(200);
  });

  it('says when a token has expired', async () => {
    const { sub, sid, epoch } = claimsOf(await login());
    const answer = await getMe(sign({ sub, sid, epoch }, { expiresIn: -1 }));
    expect(answer.body['detail']).toBe('The token has expired. Log in again.');
    expect((await getMe('nonsense')).body['detail']).toBe('The token is not valid. Log in again.');
  });

  it('answers a fault of the store as a fault, not as a wrong token', async () => {
    const token = await login();
    const { hgetall } = server.store;
    server.store.hgetall = () => Promise.reject(new Error('secret fault'));
    const answer = await getMe(token);
    server.store.hgetall = () => Promise.reject(new StoreUnavailableError('gone'));
    const away = await getMe(token);
    server.store.hgetall = hgetall;
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('secret fault');
  });
});

describe('changing the password', () => {
  it('may be tried ten times in any minute', async () => {
    const token = await login();
    const attempt = (): Promise<Answer> =>
      post(CHANGE, { currentPassword: 'wrong', newPassword: 'long enough' }, token);
    for (let i = 0; i < 10; i += 1) expect((await attempt()).status).toBe(400);
    expect((await attempt()).status).toBe(429);
    expect((await post(CHANGE, { currentPassword: 'x'.repeat(17_000) }, token)).status).toBe(413);
  });

  it.each<[unknown, string]>([
    [{ newPassword: 'long enough' }, 'currentPassword'],
    [{ currentPassword: PASSWORD, newPassword: 'x'.repeat(7) }, 'newPassword'],
    [{ currentPassword: PASSWORD, newPassword: 'x'.repeat(257) }, 'newPassword'],
    [{ currentPassword: PASSWORD, newPassword: 12345678 }, 'newPassword'],
    [{ currentPassword: 'wrong', newPassword: 'long enough' }, 'currentPassword'],
    [{ currentPassword: PASSWORD, newPassword: PASSWORD }, 'newPassword'],
    [{ currentPassword: PASSWORD, newPassword: 'long enough', username: 'me' }, 'username'],
  ])('refuses %j because of %s', async (body, field) => {
    const answer = await post(CHANGE, body, await login());
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([{ field, message: expect.any(String) }]);
  });

  it('needs a token', async () => {
    expect((await post(CHANGE, { currentPassword: PASSWORD, newPassword: 'long enough' })).status).toBe(401);
  });

  it('ends every login but the one that asks, time after time', async () => {
    const [other, mine] = [await login(), await login()];
    const change = { currentPassword: PASSWORD, newPassword: 'the second password' };
    const answer = await post(CHANGE, change, mine);
    expect([answer.status, answer.body]).toEqual([200, { message: expect.stringContaining('changed') }]);
    expect([(await getMe(other)).status, (await getMe(mine)).status]).toEqual([401, 200]);
    expect((await post(LOGIN, { username: 'root', password: PASSWORD })).status).toBe(401);

    const later = await login('the second password');
    await post(CHANGE, { currentPassword: 'the second password', newPassword: 'the third password' }, mine);
    expect([(await getMe(later)).status, (await getMe(mine)).status]).toEqual([401, 200]);

    const last = await login('the third password');
    await post(CHANGE, { currentPassword: 'the third password', newPassword: PASSWORD }, last);
    expect([(await getMe(mine)).status, (await getMe(last)).status]).toEqual([401, 200]);
    expect((await getMe(other)).status).toBe(401);
  });

  it('lets one of two changes at the same time win, and tells the other', async () => {
    const tokens = [await login(), await login()];
    const changes = tokens.map((token, index) =>
      post(CHANGE, { currentPassword: PASSWORD, newPassword: `a new password ${index}` }, token),
    );
    const statuses = (await Promise.all(changes)).map((answer) => answer.status);
    expect([...statuses].sort()).toEqual([200, 409]);
    const winner = statuses.indexOf(200);
    const change = { currentPassword: `a new password ${winner}`, newPassword: PASSWORD };
    expect((await post(CHANGE, change, tokens[winner])).status).toBe(200);
  });

  it('stores neither password nor token', async () => {
    const token = await login();
    const record = JSON.stringify(await server.store.hgetall(keys.admin.current));
    expect(record).toContain('$argon2id$');
    expect(record).not.toContain(PASSWORD);
    expect(record).not.toContain(token);
  });
});
