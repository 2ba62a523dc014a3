import fc from 'fast-check';
import { toApiKeyId } from '@crs/extension-api';
import {
  type ApiKeyEvent,
  type ApiKeyRecord,
  BINDING_FIELDS,
  type Bindings,
} from '../../src/api-key/api-key-record.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const date = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
const dateOrNull = fc.option(date);
const names = fc.uniqueArray(word, { maxLength: 5 });
const permission = fc
  .oneof(fc.constantFrom('claude', 'codex', 'gemini', 'droid', '[bad'), word)
  .filter((name) => name !== 'openai');
const event: fc.Arbitrary<ApiKeyEvent> = fc.record({
  at: date,
  by: text,
  byType: fc.constantFrom('admin', 'user', 'system'),
});
const rule = fc.record({
  path: text,
  valueType: fc.constantFrom('string', 'number', 'boolean', 'json' as const),
  value: fc.jsonValue().map((value: unknown) => JSON.parse(JSON.stringify(value)) as unknown),
});

const bindings = fc
  .tuple(...BINDING_FIELDS.map((field) => text.map((value) => [field, value] as const)))
  .map((pairs) => Object.fromEntries(pairs) as Bindings);

/** Any key that can be stored. */
export const anyApiKey = (): fc.Arbitrary<ApiKeyRecord> =>
  fc.record({
    id: fc.uuid().map(toApiKeyId),
    secretHash: fc.stringMatching(/^[0-9a-f]{64}$/),
    name: word,
    description: text,
    icon: text,
    tags: names,
    isActive: fc.boolean(),
    permissions: fc.array(permission, { maxLength: 4 }),
    tokenLimit: count,
    concurrencyLimit: count,
    rateLimitWindow: count,
    rateLimitRequests: count,
    rateLimitCost: amount,
    dailyCostLimit: amount,
    totalCostLimit: amount,
    weeklyOpusCostLimit: amount,
    weeklyResetDay: fc.integer({ min: 1, max: 7 }),
    weeklyResetHour: fc.integer({ min: 0, max: 23 }),
    enableModelRestriction: fc.boolean(),
    restrictedModels: names,
    modelRestrictionMode: fc.constantFrom('allow', 'deny' as const),
    enableClientRestriction: fc.boolean(),
    allowedClients: names,
    dedicatedAccountFallback: fc.option(fc.boolean()),
    bindings,
    expirationMode: fc.constantFrom('fixed', 'activation' as const),
    activationDays: count,
    activationUnit: fc.constantFrom('days', 'hours' as const),
    isActivated: fc.boolean(),
    activatedAt: dateOrNull,
    expiresAt: dateOrNull,
    createdAt: dateOrNull,
    createdBy: text,
    updatedAt: dateOrNull,
    lastUsedAt: dateOrNull,
    userId: text,
    userUsername: text,
    serviceRates: fc.dictionary(word, amount, { maxKeys: 3, noNullPrototype: true }),
    enableOpenAIResponsesCodexAdaptation: fc.boolean(),
    enableOpenAIResponsesPayloadRules: fc.boolean(),
    openaiResponsesPayloadRules: fc.array(rule, { maxLength: 3 }),
    deletion: fc.option(
      fc.oneof(
        event,
        event.map((fact) => ({ ...fact, at: null })),
      ),
    ),
    restoration: fc.option(event),
  });
