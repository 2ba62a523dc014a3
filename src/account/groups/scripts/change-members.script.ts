import { defineScript, type StoreTransaction } from '@crs/store';

export type MemberChange = 'add' | 'remove' | 'replace';

/**
 * Null: there is no such group. Else the ids that cannot be changed; nothing was written unless there is none. See
 * change-members.lua for keys and arguments.
 */
export const changeMembers = defineScript<readonly string[] | null>({
  name: 'change-members',
  source: new URL('./change-members.lua', import.meta.url),
  transaction(tx, [record = '', members = '', ...accounts], [mode, group = '', reverse = '', kinds = '', ...ids]) {
    if (tx.exists(record) === 0) return null;
    const perAccount = Number(kinds);
    const isAccount = (position: number): boolean =>
      tx.exists(...accounts.slice(position * perAccount, (position + 1) * perAccount)) > 0;
    const unknown = ids.filter(
      (id, position) => tx.sismember(members, id) === 0 && (mode === 'remove' || !isAccount(position)),
    );
    if (unknown.length > 0) return unknown;

    const list: GroupLists = { members, group, reverse };
    if (mode === 'replace')
      tx.smembers(members)
        .filter((id) => !ids.includes(id))
        .forEach(taker(tx, list));
    ids.forEach(mode === 'remove' ? taker(tx, list) : putter(tx, list));
    return [];
  },
  parse: (reply) => (Array.isArray(reply) ? reply.map(String) : null),
});

interface GroupLists {
  readonly members: string;
  readonly group: string;
  readonly reverse: string;
}

const taker =
  (tx: StoreTransaction, { members, group, reverse }: GroupLists) =>
  (id: string): void => {
    tx.srem(members, id);
    tx.srem(reverse + id, group);
  };

const putter =
  (tx: StoreTransaction, { members, group, reverse }: GroupLists) =>
  (id: string): void => {
    tx.sadd(members, id);
    tx.sadd(reverse + id, group);
  };
