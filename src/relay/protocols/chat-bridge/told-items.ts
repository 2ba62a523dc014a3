import { asText, type JsonRecord } from '@crs/platform-kit';
import type { Said } from './responses-answer.js';

/** How much of an item was told. */
class ToldItem {
  /** The item as it began; empty = only pieces of it have come. */
  begun: JsonRecord = {};
  /** Of a call: its place among the answer's calls; null = it was not told. */
  place: number | null = null;
  /** Parts of a summary that have ended. */
  parts = 0;
  isDone = false;
  /** Lengths, by kind. */
  readonly told: Record<Said | 'arguments', number> = { content: 0, refusal: 0, reasoning: 0, arguments: 0 };
  private callId: string | null = null;
  private readonly ids = new Set<string>();

  /** @param index its place in the output; null = the upstream does not tell it */
  constructor(readonly index: number | null) {}

  get hasId(): boolean {
    return this.ids.size > 0;
  }

  learn(item: JsonRecord): void {
    if (this.begun['type'] === undefined) this.begun = item;
    this.callId ??= asText(item['call_id']);
    const id = asText(item['id']);
    if (id !== null) this.ids.add(id);
  }

  isNamedAs(item: JsonRecord): boolean {
    const callId = asText(item['call_id']);
    return this.ids.has(asText(item['id']) ?? '') || (callId !== null && this.callId === callId);
  }

  /** It is of the same kind, and not another call, as far as is known. */
  canBe(item: JsonRecord): boolean {
    const callId = asText(item['call_id']);
    const isOtherCall = callId !== null && this.callId !== null && callId !== this.callId;
    return !isOtherCall && (this.begun['type'] === undefined || this.begun['type'] === item['type']);
  }
}

export type { ToldItem };

/**
 * The items of one response. Events say which one they mean by its name, or by its place in the output: some upstreams tell
 * no places, some no names, and some another id in each event.
 */
export class ToldItems {
  private readonly all: ToldItem[] = [];

  /** The item that begins. @param index its place in the output; null = the upstream does not tell it */
  begin(index: number | null, item: JsonRecord): ToldItem {
    const known = this.all.findLast(
      (one) =>
        one.index === index && !one.isDone && (one.isNamedAs(item) || (!one.hasId && one.begun['type'] === undefined)),
    );
    return this.known(known ?? this.add(index), item);
  }

  /** The item that has begun already, if its event has come. @param item what is known of it */
  find(index: number | null, item: JsonRecord): ToldItem {
    const named = this.all.filter((one) => one.isNamedAs(item));
    const found =
      named.findLast((one) => one.index === index) ??
      named.at(-1) ??
      (index === null ? this.guess(item) : this.all.findLast((one) => one.index === index && one.canBe(item)));
    return this.known(found ?? this.add(index), item);
  }

  /** Those of the whole response, which may leave some out. */
  ofWhole(items: readonly JsonRecord[]): readonly (readonly [ToldItem, JsonRecord])[] {
    const left = new Set(this.all);
    const take = (item: JsonRecord, fits: (one: ToldItem) => boolean): ToldItem | undefined => {
      const found = [...left].find((one) => one.canBe(item) && fits(one));
      if (found !== undefined) left.delete(found);
      return found;
    };
    const named = items.map((item) => take(item, (one) => one.isNamedAs(item)));
    const placed = items.map((item, i) => named[i] ?? take(item, ({ index }) => index === i));
    return items.map((item, i) => [placed[i] ?? take(item, () => true) ?? new ToldItem(null), item]);
  }

  /** The last one, unless it is called otherwise, or others could be meant as well. */
  private guess(item: JsonRecord): ToldItem | undefined {
    const open = this.all.filter((one) => !one.isDone && one.canBe(item));
    if (asText(item['id']) === null) return open.at(-1);
    const unnamed = open.filter(({ hasId }) => !hasId);
    return unnamed.length === 1 ? unnamed[0] : undefined;
  }

  private add(index: number | null): ToldItem {
    const item = new ToldItem(index);
    this.all.push(item);
    return item;
  }

  private known(one: ToldItem, item: JsonRecord): ToldItem {
    one.learn(item);
    return one;
  }
}
