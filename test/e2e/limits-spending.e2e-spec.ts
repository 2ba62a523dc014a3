import { describe, expect, it } from '@jest/globals';
import { heldLeases } from '../support/held-leases.ts';
import { ask, expectRefusal, MODEL, QUESTION, type Refusal, RefusalRig, sdkErrorOf } from '../support/sdk-refusals.ts';

/** Less than any answer costs. */
const NEXT_TO_NOTHING = 0.000001;
const RESET_AT = /It resets at \d{4}-\d\d-\d\d \d\d:\d\d/;

const busy = (message: RegExp): Refusal => ({
  status: 429,
  type: 'rate_limit_error',
  message,
  retryAfter: /^1$/,
  mayRetry: true,
});
const windowFull = (message: RegExp): Refusal => ({
  status: 429,
  type: 'rate_limit_error',
  message,
  // The rest of two minutes.
  retryAfter: /^(1[01]\d|120)$/,
});
const spent = (message: RegExp): Refusal => ({ status: 402, type: 'billing_error', message });

describe('what the official SDK is told about the limits of a key', () => {
  const rig = RefusalRig.forSuite();

  describe('that is busy', () => {
    it.each<[string, Record<string, unknown>, RegExp]>([
      ['all its slots are taken', { concurrencyLimit: 1 }, /limit of 1 request at the same time/],
      ['what is left is held by what runs', { dailyCostLimit: NEXT_TO_NOTHING }, /held by requests that are running/],
    ])('is to come back in a second where %s', async (_, settings, message) => {
      const { id, key } = await rig.app.key(settings);
      await rig.whileOneRuns(key, async () => {
        const { sdk } = rig.client(key, { maxRetries: 0 });
        for (const stream of [false, true]) expectRefusal(await sdkErrorOf(ask(sdk, stream)), busy(message));
        expect(rig.simulator.log).toHaveLength(1);
        expect(await heldLeases(rig.app, id)).toHaveLength(1);
      });
      expect(await heldLeases(rig.app, id)).toEqual([]);
    });

    it('is used again by the SDK itself as soon as it is free', async () => {
      const { key } = await rig.app.key({ concurrencyLimit: 1 });
      await rig.whileOneRuns(key, async (running) => {
        const retrying = rig.client(key, {}, async (init, call) => {
          if (call === 2) {
            rig.simulator.release('up-a');
            await running;
          }
          return init;
        });
        await ask(retrying.sdk, false);
        expect(retrying.calls()).toBe(2);
      });
    });

    it('still counts tokens', async () => {
      const { key } = await rig.app.key({ concurrencyLimit: 1, dailyCostLimit: NEXT_TO_NOTHING });
      await rig.whileOneRuns(key, async () => {
        await rig
          .client(key, { maxRetries: 0 })
          .sdk.messages.countTokens({ model: MODEL, messages: QUESTION.messages });
      });
    });
  });

  describe('whose limit is used up', () => {
    it.each<[string, object, Refusal]>([
      ['requests of the window', { rateLimitRequests: 1 }, windowFull(/limit of 1 request per 2 minutes/)],
      ['tokens of the window', { tokenLimit: 1 }, windowFull(/limit of 1 token per 2 minutes/)],
      ['cost of the window', { rateLimitCost: NEXT_TO_NOTHING }, windowFull(/limit of \$0\.000001 per 2 minutes/)],
      ['cost of the day', { dailyCostLimit: NEXT_TO_NOTHING }, spent(/daily limit of \$0\.000001/)],
      ['cost of the week', { weeklyOpusCostLimit: NEXT_TO_NOTHING }, spent(/weekly limit of \$0\.000001/)],
    ])('%s: is told so at once, with the time of the reset', async (_, settings, refusal) => {
      const { id, key } = await rig.app.key({ rateLimitWindow: 2, ...settings });
      await ask(rig.client(key).sdk, true);
      await rig.expectRefused(rig.client(key), refusal);
      await rig.expectRefused(rig.client(key), { ...refusal, message: RESET_AT });
      expect(await heldLeases(rig.app, id)).toEqual([]);
      await rig.client(key).sdk.messages.countTokens({ model: MODEL, messages: QUESTION.messages });
    });

    it('for good: is told that an administrator can help', async () => {
      const { key } = await rig.app.key({ totalCostLimit: NEXT_TO_NOTHING });
      await ask(rig.client(key).sdk, false);
      await rig.expectRefused(rig.client(key), spent(/total limit of \$0\.000001.*An administrator can raise it/));
    });

    it('finishes the answer during which the limit was passed', async () => {
      const { id, key } = await rig.app.key({ dailyCostLimit: NEXT_TO_NOTHING });
      rig.simulator.script('up-a', [{ text: 'Much more than that is paid for.', deltaChars: 4 }]);
      const message = await rig.client(key).sdk.messages.stream(QUESTION).finalMessage();
      expect(message.content).toMatchObject([{ text: 'Much more than that is paid for.' }]);
      const { total } = (await rig.app.api('GET', `/keys/${id}/stats`)).body;
      expect(total.costUsd).toBeGreaterThan(NEXT_TO_NOTHING);
    });

    it('leaves models of others out of the weekly limit of Claude', async () => {
      const { key } = await rig.app.key({ weeklyOpusCostLimit: NEXT_TO_NOTHING });
      await ask(rig.client(key).sdk, false);
      await ask(rig.client(key).sdk, false, { ...QUESTION, model: 'glm-5' });
    });
  });
});
