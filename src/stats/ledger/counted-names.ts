import type { UsageRecord, WastedAttempt } from '@crs/extension-api';
import { countedModelName, OTHER_MODELS } from '../model-name.js';

/** Far more than anybody uses: who has as many has made them up, and all of them would be kept and read for years. */
const MOST_UNKNOWN = 100;
const MOST_KNOWN = 300;
const MOST_WASTED = 100;
const MOST_LEARNED = 200;
const MOST_OWNERS = 1000;

/** Says under which names models are counted: so many of each key, in this process, and the rest as `other`. */
export class CountedNames {
  private readonly unknown = new DistinctNames(MOST_UNKNOWN);
  /** A name is known by its beginning, so there is no end of these, either. */
  private readonly known = new DistinctNames(MOST_KNOWN);
  private readonly wasted = new DistinctNames(MOST_WASTED);
  private readonly learned = new DistinctNames(MOST_LEARNED);

  ofUsage({ report, usedFallbackPricing }: UsageRecord): string {
    const model = countedModelName(report.model);
    const names = usedFallbackPricing ? this.unknown : this.known;
    return names.admit(report.keyId, model) ? model : OTHER_MODELS;
  }

  /** Waste has no key, so it is the account that has so many. */
  ofWaste({ accountId, model }: WastedAttempt): string {
    const name = countedModelName(model);
    return this.wasted.admit(accountId, name) ? name : OTHER_MODELS;
  }

  /** Whether what a model costs is remembered, under the name that the client gave it. */
  learns(keyId: string, model: string): boolean {
    return this.learned.admit(keyId, model);
  }
}

/** Lets each owner have so many different names; the owners that were not seen for longest begin anew. */
class DistinctNames {
  private readonly namesOf = new Map<string, Set<string>>();

  constructor(private readonly most: number) {}

  admit(owner: string, name: string): boolean {
    const names = this.namesOf.get(owner) ?? new Set<string>();
    this.namesOf.delete(owner);
    this.namesOf.set(owner, names);
    for (const oldest of this.namesOf.keys()) {
      if (this.namesOf.size <= MOST_OWNERS) break;
      this.namesOf.delete(oldest);
    }
    if (names.size < this.most) names.add(name);
    return names.has(name);
  }
}
