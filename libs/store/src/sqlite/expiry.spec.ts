import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoreCommand } from '../store-client.js';
import { commandSequence, comparable } from '../testing/generated-commands.js';
import { perform } from '../testing/store-harness.js';
import { StoreModel } from '../testing/store-model.js';
import { readBatch } from './batch.js';
import { IN_MEMORY, openDatabase } from './database.js';
import { SqliteStore } from './sqlite-store.js';

/** What can happen between two commands. */
type Step =
  | { readonly kind: 'commands'; readonly commands: StoreCommand[] }
  | { readonly kind: 'expire'; readonly command: StoreCommand }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'sweep' };

const shortLived: fc.Arbitrary<StoreCommand> = fc
  .tuple(fc.constantFrom('k', 'k:1', 'kä', '__proto__'), fc.integer({ min: 1, max: 30 }))
  .map(([key, ms]) => ['pexpire', key, ms]);

const step: fc.Arbitrary<Step> = fc.oneof(
  commandSequence.map((commands): Step => ({ kind: 'commands', commands: commands.slice(0, 8) })),
  shortLived.map((command): Step => ({ kind: 'expire', command })),
  fc.integer({ min: 1, max: 20 }).map((ms): Step => ({ kind: 'wait', ms })),
  fc.constant<Step>({ kind: 'sweep' }),
);

describe('SqliteStore while time passes', () => {
  it('answers as the model does, whenever it is swept, and holds no row of what is gone', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      let now = 1_000_000;
      let sweep: () => void = () => undefined;
      const db = openDatabase(IN_MEMORY);
      const sut = new SqliteStore(db, {
        now: () => now,
        repeat: (work) => {
          sweep = work;
          return () => undefined;
        },
      });
      const model = new StoreModel(() => now);

      for (const each of steps) {
        if (each.kind === 'wait') now += each.ms;
        if (each.kind === 'sweep') sweep();
        const commands = each.kind === 'commands' ? each.commands : each.kind === 'expire' ? [each.command] : [];
        for (const command of commands) {
          const actual = await perform(sut, command).catch((error: unknown) => error);
          expect([command, comparable(command, actual)]).toEqual([command, comparable(command, ask(model, command))]);
        }
      }

      now += 1e9;
      sweep();
      const left = (await sut.scan('0', 'MATCH', '*', 'COUNT', 100))[1];
      if (left.length > 0) await sut.del(...left);
      for (const table of ['keys', 'hash_fields', 'set_members', 'zset_members', 'list_items']) {
        expect([table, db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()]).toEqual([table, 0]);
      }
      await sut.quit();
    });
    await fc.assert(property, { numRuns: 150 });
  });
});

function ask(model: StoreModel, command: StoreCommand): unknown {
  try {
    const [call] = readBatch([command]);
    return call?.command.run(model, call.args);
  } catch (error) {
    return error;
  }
}
