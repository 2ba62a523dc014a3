import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import type { CreatedKey } from './admin-client.ts';
import { eventually } from './eventually.ts';
import { type RaceRig, UPSTREAM } from './race-rig.ts';
import type { Answer } from './simulator/raw-call.ts';

const WAITERS = 18;
const LIMIT = 2;

/** What must hold while requests wait for their turn, wherever they came in. `theRig` is asked when a case runs. */
export function describeQueue(theRig: () => RaceRig): void {
  describe('the queue of a busy key', () => {
    let rig: RaceRig;

    /** Every instance is told by itself: the others would follow only after seconds. */
    const set = async (settings: object): Promise<void> => {
      for (const at of rig.instances.keys()) await rig.api('PUT', '/settings/relay', settings, at);
    };
    beforeEach(async () => {
      rig = theRig();
      await set({ concurrentRequestQueueEnabled: true, concurrentRequestQueueMaxSize: 50 });
      rig.reset();
      rig.simulator.setDefault(UPSTREAM, { holdAfterEvents: -1 });
    });
    afterEach(async () => {
      await set({ concurrentRequestQueueEnabled: null, concurrentRequestQueueMaxSize: null });
    });

    const untilWaiting = ({ id }: CreatedKey, count: number): Promise<true> =>
      eventually(async () => ((await rig.store.zcard(keys.limits.queue(id))) === count ? true : null));

    /** The numbers that the requests carried, in the order in which the upstream got them. */
    const numbersAtUpstream = (): number[] =>
      rig.simulator
        .requests(UPSTREAM)
        .map(({ body }) => (JSON.parse(body.toString()) as { readonly max_tokens: number }).max_tokens);

    it('serves everybody in order of arrival, and never more at a time than the key may', async () => {
      const key = await rig.key({ concurrencyLimit: LIMIT });
      const answers: Promise<Answer>[] = [];
      for (let number = 1; number <= LIMIT + WAITERS; number += 1) {
        answers.push(rig.ask(key, { body: { max_tokens: number, stream: number % 4 > 1 } }));
        if (number <= LIMIT) await rig.simulator.held(UPSTREAM, number);
        else await untilWaiting(key, number - LIMIT);
      }
      for (let served = LIMIT; served <= LIMIT + WAITERS; served += LIMIT) {
        await rig.simulator.held(UPSTREAM, LIMIT);
        // The two that run at the same time may have met the upstream in either order.
        expect(
          numbersAtUpstream()
            .slice(-LIMIT)
            .sort((a, b) => a - b),
        ).toEqual([served - 1, served]);
        rig.simulator.release(UPSTREAM);
        await rig.simulator.settled(UPSTREAM, served);
      }
      for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
      expect(rig.simulator.peak(UPSTREAM)).toBe(LIMIT);
      await rig.untilNothingIsHeld(key);
    });

    it('lets go of a client that leaves while it waits, and serves the one behind it', async () => {
      const key = await rig.key({ concurrencyLimit: 1 });
      const first = rig.ask(key);
      await rig.simulator.held(UPSTREAM);
      const second = rig.call(key);
      await untilWaiting(key, 1);
      const third = rig.ask(key);
      await untilWaiting(key, 2);
      second.request.destroy();
      expect((await second.answer).status).toBe(0);
      await untilWaiting(key, 1);
      rig.simulator.release(UPSTREAM);
      expect((await first).status).toBe(200);
      await rig.simulator.held(UPSTREAM);
      rig.simulator.release(UPSTREAM);
      expect((await third).status).toBe(200);
      expect(rig.simulator.requests(UPSTREAM)).toHaveLength(2);
      const counted = await eventually(async () => {
        const counters = await rig.store.hgetall(keys.limits.queueStats(key.id));
        return counters['success'] === undefined ? null : counters;
      });
      expect(counted).toMatchObject({ entered: '2', success: '1', cancelled: '1' });
      await rig.untilNothingIsHeld(key);
    });
  });
}
