import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { Clock } from '../../core/time/clock.js';
import { type Period, Zone } from '../../core/time/zone.js';
import { periodAt, periodsBetween } from '../roll-up/periods.js';
import { BookedKeysRepository } from '../booked-keys.repository.js';
import { BookRules } from './book-rules.js';
import { Checkup } from './checkup.js';
import { DayChecks } from './day-checks.js';
import type { Difference } from './difference.js';
import { doctorSpanOf } from './doctor-span.js';
import { KeyChecks } from './key-checks.js';
import { type BookState, SharedBooksRepository } from './shared-books.repository.js';

/** Which books are compared: days of the configured zone, `to` included. */
export interface DoctorQuestion {
  /** `YYYY-MM-DD`; 31 days up to `to` when left out. */
  readonly from?: string | undefined;
  /** `YYYY-MM-DD`; today when left out. */
  readonly to?: string | undefined;
  /** All keys, and what they add up to, when left out. */
  readonly keyId?: string | undefined;
}

export interface DoctorReport {
  /** `YYYY-MM-DD`, both included. */
  readonly from: string;
  readonly to: string;
  /** How many keys were looked at. */
  readonly keys: number;
  /** How many differences there are; the first 1000 are named. */
  readonly total: number;
  readonly differences: readonly Difference[];
  /** What explains differences, and what could not be compared. */
  readonly notes: readonly string[];
}

const NO_SUCH_KEY = 'There is no API key with this id, and nothing was ever booked for one. Check the id.';
const NO_KEYS =
  'No key is known. On a database of an old version, start the gateway once: it makes the index of the keys.';

/** Compares records, counters, costs and roll-ups with one another; changes nothing. */
@Injectable()
export class UsageDoctor {
  private isBusy = false;

  constructor(
    private readonly days: DayChecks,
    private readonly keys: KeyChecks,
    private readonly shared: SharedBooksRepository,
    private readonly booked: BookedKeysRepository,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /**
   * One at a time in a process.
   *
   * @throws ValidationFailedException for days that cannot be checked
   * @throws NotFoundException for a key that nobody knows
   * @throws ConflictException while another check runs
   * @throws GatewayTimeoutException when the signal is aborted before the end
   */
  async check(question: DoctorQuestion, signal: AbortSignal): Promise<DoctorReport> {
    const span = doctorSpanOf(question, this.zone, this.clock.now());
    if (this.isBusy) throw new ConflictException('The books are being checked already. Ask again when that has ended.');
    this.isBusy = true;
    try {
      return await this.examine(span, question.keyId ?? null, signal);
    } finally {
      this.isBusy = false;
    }
  }

  private async examine(
    span: { readonly from: number; readonly to: number },
    keyId: string | null,
    signal: AbortSignal,
  ): Promise<DoctorReport> {
    if (keyId !== null && !(await this.booked.isKnown(keyId))) throw new NotFoundException(NO_SUCH_KEY);
    const state = await this.shared.readState();
    const checkup = new Checkup(keyId, new BookRules(state, this.clock.now(), this.zone), signal);
    const days = periodsBetween('day', span.from, span.to, this.zone);
    const keyIds = await this.checkDays(days, checkup);
    for (const month of this.monthsOf(days)) await this.checkMonth(month, keyIds, checkup);
    for (const id of keyIds) await this.keys.checkLife(id, days, checkup);
    explain(state, checkup);
    if (keyIds.length === 0) checkup.note(NO_KEYS);
    const differences = await this.keys.withNames(checkup.differences);
    return {
      from: this.zone.day(span.from),
      to: this.zone.day(span.to - 1),
      keys: keyIds.length,
      total: checkup.total,
      differences,
      notes: checkup.notes,
    };
  }

  /** Answers every key there is, or that was used on one of the days. */
  private async checkDays(days: readonly Period[], checkup: Checkup): Promise<readonly string[]> {
    const registered = checkup.keyId === null ? await this.shared.listKeys() : [checkup.keyId];
    const keyIds = new Set(registered);
    for (const day of days) {
      if (!checkup.rules.keeps('day', day.startsAt)) {
        checkup.note('Counters of days are kept for 32 days: of the days before, only the months were compared.');
        continue;
      }
      for (const id of await this.days.check(day, registered, checkup)) keyIds.add(id);
    }
    return [...keyIds];
  }

  private async checkMonth(month: Period, keyIds: readonly string[], checkup: Checkup): Promise<void> {
    if (!checkup.rules.keeps('month', month.startsAt)) return;
    const listModels = (): Promise<readonly string[]> => this.shared.listModelsOfMonth(month.key);
    for (const id of keyIds) await this.keys.checkPeriod(id, 'month', month, listModels, checkup);
  }

  private monthsOf(days: readonly Period[]): readonly Period[] {
    const months = days.map(({ startsAt }) => periodAt('month', startsAt, this.zone));
    return [...new Map(months.map((month) => [month.key, month])).values()];
  }
}

function explain({ since, isCorrecting }: BookState, checkup: Checkup): void {
  if (since === null) {
    checkup.note('There are no roll-ups yet: they begin with the first request that this version books.');
  } else {
    checkup.note(`Roll-ups were compared from ${since} on, the first day that they know from its beginning.`);
  }
  if (checkup.differences.some(({ check }) => check.startsWith('roll-up'))) {
    checkup.note(
      'When claude-relay-service v1 served requests on this database, too, the roll-ups lack these: such differences are harmless.',
    );
  }
  if (isCorrecting) {
    checkup.note('Costs were being corrected during the check: check differences of costs again when that has ended.');
  }
}
