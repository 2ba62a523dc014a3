import type { AccountState } from './account-state.js';
import type { MarkPlan } from './mark-plan.js';
import { readMarks } from './stored-marks.js';

/** An account as it would be read if this mark had been written. */
export function withMark(state: AccountState, { at, coolDown, named }: MarkPlan): AccountState {
  const names = named === null ? {} : { [named.name]: String(named.until.getTime()) };
  const mark = readMarks(coolDown?.json ?? null, names, at.getTime());
  const { marks } = state;
  return {
    ...state,
    marks: {
      ...marks,
      coolDown: mark.coolDown ?? marks.coolDown,
      resetAt: mark.resetAt ?? marks.resetAt,
      missingModels: new Map([...marks.missingModels, ...mark.missingModels]),
      limitedModels: new Map([...marks.limitedModels, ...mark.limitedModels]),
      missingEndpoints: new Map([...marks.missingEndpoints, ...mark.missingEndpoints]),
    },
  };
}
