import { Transform, type TransformFnParams } from 'class-transformer';

/** Such characters would break a line of a log or a table. */
export const NO_CONTROL_CHARACTERS = /^\P{Cc}*$/u;
/** For a text of several lines. */
export const NO_CONTROLS_BUT_LINES = /^(?:\P{Cc}|[\t\n\r])*$/u;

/** Trimmed, and without halves of characters, which no store keeps. */
export function tidyText({ value }: Pick<TransformFnParams, 'value'>): unknown {
  return typeof value === 'string' ? value.trim().toWellFormed() : value;
}

/**
 * For an object whose names the caller chooses: takes it as it was sent. The transformer would leave out what is called
 * as something that every object has (`constructor`, `toString`), and the rest would mean something else.
 */
export const AsSent = (): PropertyDecorator =>
  Transform(({ obj, key }: { obj: Readonly<Record<string, unknown>>; key: string }) => obj[key]);
