import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { V1AdminWork } from '../support/v1-admin-work.ts';
import { V1_VERSIONS } from '../support/v1-golden.ts';
import { faultsBetween } from '../support/v1-shapes.ts';
import { V1Traffic } from '../support/v1-traffic.ts';
import { type Dump, STORE_KINDS, V1Upgrade } from '../support/v1-upgrade.ts';

const CASES = V1_VERSIONS.flatMap((version) => STORE_KINDS.map((kind) => ({ version, kind })));

describe.each(CASES)('a database of $version in the $kind store still is one of v1', ({ version, kind }) => {
  let gateway: V1Upgrade;
  let traffic: V1Traffic;
  let admin: V1AdminWork;
  let before: Dump;

  beforeAll(async () => {
    gateway = await V1Upgrade.start(version, kind);
    traffic = new V1Traffic(gateway);
    admin = new V1AdminWork(gateway);
    traffic.answerWell();
    before = gateway.before;
  });
  afterAll(() => gateway.close());

  const expectV1 = async (): Promise<void> => {
    const now = await gateway.dump();
    const faults = faultsBetween(before, now);
    before = now;
    expect(faults).toEqual([]);
  };

  it('after requests of all kinds', async () => {
    const plain = gateway.key('plain').key;
    for (const stream of [true, false]) {
      expect((await traffic.claude(plain, stream)).status).toBe(200);
      expect((await traffic.codex(plain, stream)).status).toBe(200);
      expect((await traffic.chat(plain, 'claude-console', stream)).status).toBe(200);
      expect((await traffic.chat(plain, 'codex', stream)).status).toBe(200);
    }
    await expectV1();
  });

  it('after requests that are limited, activate a key, or wait for their turn', async () => {
    expect((await traffic.claude(gateway.key('limited').key, true)).status).toBe(200);
    expect((await traffic.claude(gateway.key('activation').key, true)).status).toBe(200);
    await traffic.waitInTurn();
    await expectV1();
  });

  it.each([
    ['claude-console', 'rate_limited'],
    ['claude-console', 'overloaded'],
    ['claude-console', 'unauthorized'],
    ['codex', 'usage_limit'],
    ['codex', 'unavailable'],
    ['codex', 'unauthorized'],
  ] as const)('after a failure of an account of %s: %s', async (platform, preset) => {
    await traffic.fail(platform, preset);
    expect(await traffic.marked(platform)).toBe(true);
    await expectV1();
    await traffic.heal(platform);
    await expectV1();
  });

  it.each(['claude-console', 'codex'] as const)('after an answer of %s that breaks', async (platform) => {
    await traffic.breakOff(platform);
    await expectV1();
  });

  it('after what an administrator does to keys', async () => {
    await admin.onKeys();
    await expectV1();
  });

  it('after what an administrator does to accounts', async () => {
    await admin.onAccounts();
    await expectV1();
  });

  it('after what an administrator does to groups', async () => {
    await admin.onGroups();
    await expectV1();
  });

  it('after what an administrator sets', async () => {
    await admin.onSettings();
    await expectV1();
  });
});
