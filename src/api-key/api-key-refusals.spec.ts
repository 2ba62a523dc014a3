import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiKeyApp, refusedFields } from '../../test/support/api-key-app.js';

const ACCOUNT = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const GROUP = 'group:0f8fad5b-d9cb-469f-a165-70867728950e';
const UNKNOWN = 'f0000000-0000-4000-8000-000000000000';

let app: ApiKeyApp;

beforeAll(async () => {
  app = await ApiKeyApp.start();
});

beforeEach(async () => {
  app.clock.ms = Date.parse('2026-11-24T00:00:00.000Z');
  await app.clear();
});

afterAll(() => app.close());

describe('what is refused', () => {
  it.each<[string, unknown]>([
    ['name', undefined],
    ['name', null],
    ['name', ''],
    ['name', '   '],
    ['name', 7],
    ['name', 'x'.repeat(101)],
    ['name', 'line\nbreak'],
    ['description', 'x'.repeat(501)],
    ['description', 7],
    ['tokenLimit', '5'],
    ['tokenLimit', 1.5],
    ['tokenLimit', -1],
    ['tokenLimit', 1e300],
    ['concurrencyLimit', true],
    ['rateLimitWindow', {}],
    ['rateLimitRequests', [1]],
    ['rateLimitCost', '1.5'],
    ['dailyCostLimit', -0.01],
    ['totalCostLimit', 1e300],
    ['isActive', 'true'],
    ['isActive', 1],
    ['claudeAccountId', ACCOUNT],
    ['claudeConsoleAccountId', 'my account'],
    ['claudeConsoleAccountId', 7],
    ['codexAccountId', `responses:${ACCOUNT}`],
    ['codexAccountId', ''],
    ['permissions', 'gpt'],
    ['permissions', ''],
    ['permissions', ['claude', 'gemini']],
    ['permissions', [7]],
    ['permissions', { claude: true }],
    ['enableModelRestriction', 'yes'],
    ['restrictedModels', 'claude-a'],
    ['restrictedModels', ['']],
    ['restrictedModels', ['x'.repeat(201)]],
    ['restrictedModels', Array.from({ length: 201 }, (_, at) => `m${at}`)],
    ['modelRestrictionMode', 'block'],
    ['allowedClients', ['curl']],
    ['allowedClients', 'claude_code'],
    ['tags', ['x'.repeat(51)]],
    ['tags', ['']],
    ['tags', Array.from({ length: 51 }, (_, at) => `t${at}`)],
    ['tags', [{ a: 1 }]],
    ['tags', ['.']],
    ['tags', ['..']],
    ['tags', ['a\nb']],
    ['claudeConsoleAccountId', ACCOUNT],
    ['claudeAccountId', GROUP],
    ['codexAccountId', ACCOUNT],
    ['codexAccountId', GROUP],
    ['activationDays', -1],
    ['activationDays', 99_999],
    ['activationUnit', 'weeks'],
    ['expirationMode', 'never'],
    ['expiresAt', 'soon'],
    ['expiresAt', 1_900_000_000],
    ['expiresAt', '2030-02-30'],
    ['serviceRates', { claude: -1 }],
    ['serviceRates', { gpt: 1 }],
    ['serviceRates', { claude: 1001 }],
    ['serviceRates', []],
    ['serviceRates', { toString: 1 }],
    ['weeklyResetDay', 0],
    ['weeklyResetDay', 8],
    ['weeklyResetHour', 24],
    ['dedicatedAccountFallback', 'no'],
    ['openaiResponsesPayloadRules', {}],
    ['openaiResponsesPayloadRules', 'x'],
    ['openaiResponsesPayloadRules', Array.from({ length: 51 }, () => ({ path: 'a', valueType: 'string', value: 'x' }))],
    ['id', UNKNOWN],
    ['key', 'cr_mine'],
    ['createdAt', '2020-01-01'],
    ['isDeleted', true],
    ['userId', 'x'],
    ['openaiAccountId', `responses:${ACCOUNT}`],
    ['geminiAccountId', ACCOUNT],
    ['surprise', 1],
  ])('%s = %j, by its name, at creation and at a change', async (field, value) => {
    const created = await app.call('POST', '', { name: 'a', [field]: value });
    expect(created.status).toBe(400);
    expect(refusedFields(created)).toEqual([field]);
    if (value === undefined) return;
    const { id } = await app.create({ name: 'a' });
    const changed = await app.call('PUT', `/${id}`, { [field]: value });
    expect(changed.status).toBe(400);
    expect(refusedFields(changed)).toEqual([field]);
  });

  it.each([
    ['permissions', 'openai', 'permissions must be a list of claude and codex, or one of the texts all, claude, codex'],
    ['permissions', '', 'permissions must be a list of claude and codex, or one of the texts all, claude, codex'],
    ['permissions', ['openai'], "permissions may hold 'claude' and 'codex'; an empty list allows every service"],
    ['permissions', Array.from({ length: 11 }, (_, at) => `p${at}`), 'permissions may hold at most 10 items'],
    ['openaiResponsesPayloadRules', 'x', 'openaiResponsesPayloadRules must be a list of rules'],
    ['openaiResponsesPayloadRules', [7], 'openaiResponsesPayloadRules must be a list of rules'],
  ])('says what %s may be, for %j', async (field, value, message) => {
    const { body } = await app.call('POST', '', { name: 'a', [field]: value });
    expect(body.errors[0]).toEqual({ field, message });
  });

  it('keeps what a rule sets as it was given', async () => {
    const rule = { path: 'a', valueType: 'json', value: { valueOf: 'x', toString: [1] } };
    const { openaiResponsesPayloadRules } = await app.create({ name: 'a', openaiResponsesPayloadRules: [rule] });
    expect(openaiResponsesPayloadRules).toEqual([rule]);
  });

  it('names the part of a rule that is wrong', async () => {
    const rules = [{ path: 'a', valueType: 'number', value: 'x', extra: 1 }];
    const answer = await app.call('POST', '', { name: 'a', openaiResponsesPayloadRules: rules });
    expect(refusedFields(answer).toSorted()).toEqual([
      'openaiResponsesPayloadRules.0.extra',
      'openaiResponsesPayloadRules.0.value',
    ]);
  });

  it.each([7, null, 'x', []])('names a rule that is none: %j', async (rule) => {
    const answer = await app.call('POST', '', { name: 'a', openaiResponsesPayloadRules: [rule] });
    expect(refusedFields(answer)[0]).toMatch(/^openaiResponsesPayloadRules/);
  });

  it('says why a field of v1 cannot be set', async () => {
    const { body } = await app.call('POST', '', { name: 'a', geminiAccountId: ACCOUNT });
    expect(body.errors[0]?.message).toContain(
      'geminiAccountId cannot be set: accounts of this kind are not served here',
    );
  });

  it.each(['[1]', '"text"', '7', '{"name":', 'null'])('takes no %s for a key', async (body) => {
    expect((await app.call('POST', '', body)).status).toBe(400);
    expect((await app.call('GET')).body.total).toBe(0);
  });

  it('a field in the body of an action that takes none', async () => {
    const { id } = await app.create({ name: 'a' });
    for (const action of ['regenerate', 'restore']) {
      const answer = await app.call('POST', `/${id}/${action}`, { surprise: 1 });
      expect([answer.status, refusedFields(answer)]).toEqual([400, ['surprise']]);
    }
    expect((await app.call('POST', `/${id}/regenerate`, {})).status).toBe(200);
    expect((await app.call('POST', `/${id}/regenerate`)).status).toBe(200);
  });

  it('a binding that leads nowhere, in a batch as well', async () => {
    const { id } = await app.create({ name: 'a' });
    const created = await app.call('POST', '/batch', { name: 'b', count: 2, codexAccountId: ACCOUNT });
    expect([created.status, refusedFields(created)]).toEqual([400, ['codexAccountId']]);
    const changed = await app.call('PUT', '/batch', { ids: [id], changes: { claudeAccountId: GROUP } });
    expect([changed.status, refusedFields(changed)]).toEqual([400, ['changes.claudeAccountId']]);
    expect((await app.call('GET')).body.total).toBe(1);
  });

  it('nothing of what stands in the key already, apart from what v1 bound it to', async () => {
    const { id } = await app.create({ name: 'a' });
    const long = 'x'.repeat(300);
    await app.write(id, { tags: JSON.stringify(['', long, '..']), claudeAccountId: GROUP });
    const { tags } = (await app.call('GET', `/${id}`)).body;
    expect(tags).toEqual([long, '..']);
    const changed = await app.call('PUT', `/${id}`, { tags: [...tags, 'new'] });
    expect(changed).toMatchObject({ status: 200, body: { tags: [long, '..', 'new'], claudeAccountId: GROUP } });
    const longer = await app.call('PUT', `/${id}`, { tags: [`${long}y`] });
    expect(longer.body.errors).toEqual([{ field: 'tags', message: 'tags must hold texts of 1 to 50 characters' }]);
  });

  it('a filter that is given twice, by its type', async () => {
    for (const field of ['search', 'tag']) {
      const { body } = await app.call('GET', `?${field}=a&${field}=b`);
      expect(body.errors).toEqual([{ field, message: `${field} must be one text` }]);
    }
  });

  it('no change at all, which leaves no date', async () => {
    const { id } = await app.create({ name: 'a' });
    const { status, body } = await app.call('PUT', `/${id}`, {});
    expect([status, body.updatedAt]).toEqual([200, null]);
  });

  it('two Claude bindings at once, and an end that an activation would overwrite', async () => {
    const both = { claudeAccountId: GROUP, claudeConsoleAccountId: ACCOUNT };
    expect(refusedFields(await app.call('POST', '', { name: 'a', ...both }))).toEqual(['claudeAccountId']);
    const end = { expirationMode: 'activation', expiresAt: '2030-01-31' };
    expect(refusedFields(await app.call('POST', '', { name: 'a', ...end }))).toEqual(['expiresAt']);
  });
});
