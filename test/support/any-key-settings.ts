import fc from 'fast-check';
import { MOST_COUNT, MOST_USD, MOST_WINDOW_MINUTES } from '../../src/api-key/limits/limit-bounds.js';
import { isFieldPath } from '../../src/api-key/dto/payload-rule.dto.js';

/** What an administrator may send for a key, the name apart; every field is given. */
export interface KeySettings {
  readonly description: string;
  readonly icon: string;
  readonly tags: readonly string[];
  readonly isActive: boolean;
  readonly permissions: readonly string[];
  readonly tokenLimit: number;
  readonly concurrencyLimit: number;
  readonly rateLimitWindow: number;
  readonly rateLimitRequests: number;
  readonly rateLimitCost: number;
  readonly dailyCostLimit: number;
  readonly totalCostLimit: number;
  readonly weeklyOpusCostLimit: number;
  readonly weeklyResetDay: number;
  readonly weeklyResetHour: number;
  readonly enableModelRestriction: boolean;
  readonly restrictedModels: readonly string[];
  readonly modelRestrictionMode: 'allow' | 'deny';
  readonly enableClientRestriction: boolean;
  readonly allowedClients: readonly string[];
  readonly claudeConsoleAccountId: string | null;
  readonly codexAccountId: string | null;
  readonly dedicatedAccountFallback: boolean | null;
  readonly expirationMode: 'fixed' | 'activation';
  readonly activationDays: number;
  readonly activationUnit: 'days' | 'hours';
  readonly expiresAt: string | null;
  readonly serviceRates: Readonly<Record<string, number>>;
  readonly enableOpenAIResponsesCodexAdaptation: boolean;
  readonly enableOpenAIResponsesPayloadRules: boolean;
  readonly openaiResponsesPayloadRules: readonly { path: string; valueType: string; value: unknown }[];
}

const isTidy = (text: string): boolean => text.trim() === text && /^\P{Cc}+$/u.test(text);
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.trim());
const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter(isTidy);
const tags = fc.uniqueArray(
  word.filter((value) => value !== '.' && value !== '..'),
  { maxLength: 4 },
);
const path = word.filter(isFieldPath);
const words = fc.uniqueArray(word, { maxLength: 4 });
const count = fc.nat({ max: MOST_COUNT });
const amount = fc.double({ min: 0, max: MOST_USD, noNaN: true }).map((value) => value + 0);
const account = fc.option(fc.uuid());
const accountOrGroup = fc.oneof(
  account,
  fc.uuid().map((id) => `group:${id}`),
);
const clients = fc.subarray(['claude_code', 'codex_cli', 'gemini_cli', 'droid_cli']);
const date = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((value) => value.toISOString());

const rule = fc.oneof(
  fc.record({ path, valueType: fc.constant('string'), value: text }),
  fc.record({ path, valueType: fc.constant('number'), value: amount }),
  fc.record({ path, valueType: fc.constant('boolean'), value: fc.boolean() }),
  fc.record({ path, valueType: fc.constant('json'), value: fc.jsonValue({ maxDepth: 1 }).map(asRuleValue) }),
);

const rate = fc.double({ min: 0, max: 1000, noNaN: true }).map((value) => value + 0);
const rates = fc
  .subarray(['claude', 'codex', 'gemini', 'droid', 'bedrock', 'azure', 'ccr'])
  .chain((services) => fc.tuple(...services.map((service) => rate.map((value) => [service, value] as const))))
  .map((pairs) => Object.fromEntries(pairs));

/** As it comes out of a body: without a minus before a zero, and of plain objects. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/** A text must be JSON itself. */
function asRuleValue(value: unknown): unknown {
  return typeof value === 'string' ? JSON.stringify(value) : asJson(value);
}

/** Any settings that fit together. */
export const anyKeySettings = (): fc.Arbitrary<KeySettings> =>
  fc
    .record<KeySettings>({
      description: text,
      icon: text,
      tags,
      isActive: fc.boolean(),
      permissions: fc.subarray(['claude', 'codex']),
      tokenLimit: count,
      concurrencyLimit: count,
      rateLimitWindow: fc.nat({ max: MOST_WINDOW_MINUTES }),
      rateLimitRequests: count,
      rateLimitCost: amount,
      dailyCostLimit: amount,
      totalCostLimit: amount,
      weeklyOpusCostLimit: amount,
      weeklyResetDay: fc.integer({ min: 1, max: 7 }),
      weeklyResetHour: fc.integer({ min: 0, max: 23 }),
      enableModelRestriction: fc.boolean(),
      restrictedModels: words,
      modelRestrictionMode: fc.constantFrom('allow', 'deny'),
      enableClientRestriction: fc.boolean(),
      allowedClients: clients,
      claudeConsoleAccountId: accountOrGroup,
      codexAccountId: accountOrGroup,
      dedicatedAccountFallback: fc.option(fc.boolean()),
      expirationMode: fc.constantFrom('fixed', 'activation'),
      activationDays: fc.nat({ max: 36_500 }),
      activationUnit: fc.constantFrom('days', 'hours'),
      expiresAt: fc.option(date),
      serviceRates: rates,
      enableOpenAIResponsesCodexAdaptation: fc.boolean(),
      enableOpenAIResponsesPayloadRules: fc.boolean(),
      openaiResponsesPayloadRules: fc.array(rule, { maxLength: 3 }),
    })
    // An end cannot be set for a life that has not begun.
    .map((settings) => (settings.expirationMode === 'activation' ? { ...settings, expiresAt: null } : settings));
