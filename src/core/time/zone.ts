import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-01 was a Thursday; the Monday of that week lies three days before the epoch. */
const FIRST_MONDAY_MS = -3 * DAY_MS;

/** A stretch of time named by its start: `[startsAt, endsAt)`, epoch milliseconds. */
export interface Period {
  readonly key: string;
  readonly startsAt: number;
  readonly endsAt: number;
}

/**
 * The one place that turns an instant into the dates of keys and statistics. A fixed offset from UTC: no daylight saving
 * time, and the process's own time zone (`TZ`) never matters. Instants are epoch milliseconds.
 */
@Injectable()
export class Zone {
  private readonly offsetMs: number;

  constructor(config: AppConfig) {
    this.offsetMs = config.zoneOffsetHours * HOUR_MS;
  }

  /** `YYYY-MM-DD` */
  day(atMs: number): string {
    return this.local(atMs).slice(0, 10);
  }

  /** `YYYY-MM` */
  month(atMs: number): string {
    return this.local(atMs).slice(0, 7);
  }

  /** `YYYY-MM-DD:HH` */
  hour(atMs: number): string {
    const text = this.local(atMs);
    return `${text.slice(0, 10)}:${text.slice(11, 13)}`;
  }

  /** For the reader: `2026-11-24 00:00 (UTC+8)`. */
  localText(atMs: number): string {
    const text = this.local(atMs);
    const hours = this.offsetMs / HOUR_MS;
    const offset = hours === 0 ? 'UTC' : `UTC${hours < 0 ? '-' : '+'}${Math.abs(hours)}`;
    return `${text.slice(0, 10)} ${text.slice(11, 16)} (${offset})`;
  }

  /** Minutes since the epoch: the name of a minute in v1's metrics, the same in every zone. */
  minuteBucket(atMs: number): number {
    return Math.floor(atMs / MINUTE_MS);
  }

  /** Epoch ms of the midnight that began the day. */
  dayStart(atMs: number): number {
    return this.dayPeriodStart(atMs, 0);
  }

  /** Epoch ms of the next midnight. */
  nextDay(atMs: number): number {
    return this.dayStart(atMs) + DAY_MS;
  }

  /** Epoch ms at which a `YYYY-MM-DD` of this zone begins; null when the text names no day. */
  findDayStart(day: string): number | null {
    const utcMs = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
    // Date.parse takes 2025-02-30 for a day of March; such a text is no day.
    if (Number.isNaN(utcMs) || new Date(utcMs).toISOString().slice(0, 10) !== day) return null;
    return utcMs - this.offsetMs;
  }

  /**
   * Start of the reset week, `YYYY-MM-DDTHH`.
   *
   * @param resetDay 1 = Monday to 7 = Sunday; anything else is taken for Monday, as v1 reads a missing one
   * @param resetHour 0 to 23; anything else is taken for 0
   */
  weekPeriod(atMs: number, resetDay: number, resetHour: number): string {
    return this.local(this.weekStartsAt(atMs, resetDay, resetHour)).slice(0, 13);
  }

  /**
   * The calendar week of the instant as v1 up to 1.1.162 named it, `YYYY-Www`: counted from the week's Thursday, but with
   * the year of the instant itself. Weeks had no other beginning then, so every other reset week has its name of today.
   */
  oldWeekPeriod(atMs: number, resetDay: number, resetHour: number): string {
    const startsAt = this.weekStartsAt(atMs, resetDay, resetHour);
    if (startsAt !== this.weekStartsAt(atMs, 1, 0)) return this.weekPeriod(atMs, resetDay, resetHour);
    const thursdayMs = atMs + this.offsetMs + (startsAt - this.dayStart(atMs)) + 3 * DAY_MS;
    const yearMs = Date.parse(`${new Date(thursdayMs).toISOString().slice(0, 4)}-01-01T00:00:00Z`);
    const week = Math.ceil(((thursdayMs - yearMs) / DAY_MS + 1) / 7);
    return `${this.local(atMs).slice(0, 4)}-W${String(week).padStart(2, '0')}`;
  }

  /** Epoch ms at which the reset week began. */
  weekStartsAt(atMs: number, resetDay: number, resetHour: number): number {
    const day = isWholeWithin(resetDay, 1, 7) ? resetDay : 1;
    const hour = isWholeWithin(resetHour, 0, 23) ? resetHour : 0;
    const anchor = FIRST_MONDAY_MS + (day - 1) * DAY_MS + hour * HOUR_MS;
    return this.periodStart(atMs, anchor, WEEK_MS);
  }

  /** Epoch ms at which the reset week ends and the next one begins. */
  weekEndsAt(atMs: number, resetDay: number, resetHour: number): number {
    return this.weekStartsAt(atMs, resetDay, resetHour) + WEEK_MS;
  }

  /**
   * The quota day of an account, from one reset time to the next; its key is the start, `YYYY-MM-DDTHH:mm`.
   *
   * @param resetTime `HH:mm`; a text that is no time of day is taken for midnight
   */
  quotaPeriodStart(atMs: number, resetTime: string): Period {
    const startsAt = this.dayPeriodStart(atMs, timeOfDayMs(resetTime));
    return { key: this.local(startsAt).slice(0, 16), startsAt, endsAt: startsAt + DAY_MS };
  }

  private dayPeriodStart(atMs: number, timeOfDay: number): number {
    return this.periodStart(atMs, timeOfDay, DAY_MS);
  }

  /** The last instant not after `atMs` that is a whole number of lengths away from the local anchor. */
  private periodStart(atMs: number, localAnchorMs: number, lengthMs: number): number {
    const sinceAnchor = atMs + this.offsetMs - localAnchorMs;
    return Math.floor(sinceAnchor / lengthMs) * lengthMs + localAnchorMs - this.offsetMs;
  }

  private local(atMs: number): string {
    return new Date(atMs + this.offsetMs).toISOString();
  }
}

const isWholeWithin = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** v1 stored `9:05` as well as `09:05`. */
const timeOfDayMs = (text: string): number => {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS;
};
