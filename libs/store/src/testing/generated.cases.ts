import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ScriptReply, StoreScript } from '../script.js';
import { readBatch } from '../sqlite/batch.js';
import type { StoreClient, StoreCommand } from '../store-client.js';
import { commandSequence, comparable } from './generated-commands.js';
import { empty, perform } from './store-harness.js';
import { StoreModel } from './store-model.js';

const RUNS = 150;
/** The model's time stands still: what the generated commands let end has ended at once, or ends long after the run. */
const NOW = 1_800_000_000_000;

/** How a sequence of commands can reach a store. Each answers with a reply or an error per command. */
type Route = (store: StoreClient, commands: StoreCommand[]) => Promise<unknown[]>;

const ROUTES: [name: string, route: Route][] = [
  ['one by one', (store, commands) => inTurn(commands, (command) => perform(store, command))],
  ['in one multi', async (store, commands) => repliesOf(await store.multi(commands).exec())],
  ['in one pipeline', async (store, commands) => repliesOf(await store.pipeline(commands).exec())],
  ['each in a script', (store, commands) => inTurn(commands, (command) => runAlone(store, command))],
];

export function describeGenerated(store: () => StoreClient): void {
  describe('generated commands', () => {
    it.each(ROUTES)('answers as the model does, %s', async (_, route) => {
      const property = fc.asyncProperty(commandSequence, async (commands) => {
        await empty(store());
        const replies = await route(store(), commands);
        const model = new StoreModel(() => NOW);
        const expected = await inTurn(commands, async (command) => performOnModel(model, command));
        const pair = (answers: unknown[]) => commands.map((command, at) => [command, comparable(command, answers[at])]);
        expect(pair(replies)).toEqual(pair(expected));
      });
      await fc.assert(property, { numRuns: RUNS });
    });
  });
}

const repliesOf = (replies: Awaited<ReturnType<ReturnType<StoreClient['multi']>['exec']>>): unknown[] =>
  (replies ?? []).map(([error, reply]) => error ?? reply);

async function inTurn(
  commands: readonly StoreCommand[],
  act: (command: StoreCommand) => Promise<unknown>,
): Promise<unknown[]> {
  const replies: unknown[] = [];
  for (const command of commands) replies.push(await act(command).catch((error: unknown) => error));
  return replies;
}

function performOnModel(model: StoreModel, command: StoreCommand): unknown {
  const [call] = readBatch([command]);
  return call?.command.run(model, call.args);
}

/** Any command, as a script of that one command: what a twin sees of a reply is what Lua sees of it. */
const oneCommand: StoreScript<ScriptReply> = {
  name: 'one-command',
  lua: 'return redis.call(unpack(ARGV))',
  transaction: (tx, _, [name = '', ...args]) => {
    const [call] = readBatch([[name, ...args]]);
    return call?.command.run(tx, args) as ScriptReply;
  },
  parse: (reply) => reply,
};

async function runAlone(store: StoreClient, command: StoreCommand): Promise<unknown> {
  const [name, ...args] = command;
  const reply = await store.runScript(oneCommand, [], [name, ...args]);
  if (name !== 'hgetall' || !Array.isArray(reply)) return reply;
  return Object.fromEntries(reply.flatMap((field, at) => (at % 2 === 0 ? [[field, reply[at + 1]]] : [])));
}
