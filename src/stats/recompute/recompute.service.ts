import { randomUUID } from 'node:crypto';
import { ConflictException, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { toRecordId } from '../../core/http/record-id.js';
import { ValidationFailedException } from '../../core/http/validation.js';
import { Clock } from '../../core/time/clock.js';
import { Zone } from '../../core/time/zone.js';
import { BookedKeysRepository } from '../booked-keys.repository.js';
import { countedModelName } from '../model-name.js';
import { DayCorrection, type DayToCorrect } from './day-correction.js';
import { type RecomputeReport, ReportSums } from './recompute-report.js';
import { RecomputeRepository } from './recompute.repository.js';

/** As long as roll-ups are kept. */
const MOST_DAYS = 400;
/** A process that died while it corrected does not stop others for longer; renewed with every day. */
const HOLD_MS = 120_000;
const LONGEST_RUN_MS = 900_000;

export interface RecomputeRequest {
  /** `YYYY-MM-DD`, both included. */
  readonly from: string;
  readonly to: string;
  readonly dryRun: boolean;
  readonly keyId?: string | undefined;
  readonly model?: string | undefined;
}

export interface RecomputeResult extends RecomputeReport {
  readonly from: string;
  readonly to: string;
  readonly dryRun: boolean;
  /** The first day that is in the figures from its beginning; null: no day is yet. */
  readonly completeSince: string | null;
}

/** Prices days again, as an administrator asks for. */
@Injectable()
export class RecomputeService {
  private readonly logger = new Logger(RecomputeService.name);

  constructor(
    private readonly repository: RecomputeRepository,
    private readonly days: DayCorrection,
    private readonly booked: BookedKeysRepository,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws ValidationFailedException for days that cannot be priced
   * @throws NotFoundException for a key that nobody knows
   * @throws ConflictException while another recomputation runs
   */
  async recompute(request: RecomputeRequest, by: string): Promise<RecomputeResult> {
    const days = this.daysOf(request);
    const keyId = request.keyId === undefined ? undefined : await this.findKeyId(request.keyId);
    const who = randomUUID();
    await this.hold(who);
    try {
      const sums = new ReportSums();
      const signal = AbortSignal.timeout(LONGEST_RUN_MS);
      const model = request.model === undefined ? undefined : countedModelName(request.model);
      const knownKeys: DayToCorrect['knownKeys'] = new Map();
      for (const [day, startsAt] of days) {
        const toCorrect = { day, startsAt, keyId, model, dryRun: request.dryRun, knownKeys };
        await this.days.correct(toCorrect, signal, (row) => {
          sums.add(day, row);
        });
        await this.hold(who);
      }
      const { from, to, dryRun } = request;
      const report = sums.toReport();
      if (!dryRun) this.logger.log({ msg: 'Costs were corrected', by, from, to, keyId, model, ...report.total });
      return { from, to, dryRun, completeSince: await this.repository.readSince(), ...report };
    } finally {
      await this.release(who);
    }
  }

  private daysOf({ from, to }: RecomputeRequest): readonly (readonly [day: string, startsAt: number])[] {
    const first = this.zone.findDayStart(from) ?? Number.NaN;
    const last = this.zone.findDayStart(to) ?? Number.NaN;
    if (!(first <= last)) throw refused('to', 'to must not be before from');
    if (first > this.clock.now()) throw refused('from', 'from lies in the future');
    const days: [string, number][] = [];
    for (let at = first; at <= last; at = this.zone.nextDay(at)) {
      if (days.length === MOST_DAYS) throw refused('to', `to must be within ${MOST_DAYS} days of from`);
      days.push([this.zone.day(at), at]);
    }
    return days;
  }

  private async findKeyId(text: string): Promise<string> {
    const keyId = toRecordId(text);
    if (keyId === null) throw refused('keyId', 'keyId must be an id');
    if (await this.booked.isKnown(keyId)) return keyId;
    throw new NotFoundException('There is no API key with this id, and nothing was ever booked for one. Check the id.');
  }

  private async hold(who: string): Promise<void> {
    if (await this.repository.hold(who, HOLD_MS)) return;
    throw new ConflictException(
      'A recomputation is running. Wait for it to end, or two minutes when its process was killed, and try again.',
    );
  }

  /** What is not given back ends by itself. */
  private async release(who: string): Promise<void> {
    try {
      await this.repository.hold(who, 0);
    } catch (error: unknown) {
      this.logger.warn({
        msg: 'The end of a recomputation could not be told; the next one waits two minutes',
        err: error,
      });
    }
  }
}

const refused = (field: string, message: string): ValidationFailedException =>
  new ValidationFailedException([{ field, message }]);
