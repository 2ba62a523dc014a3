import base from './jest.config.mjs';

const WHOLE = { statements: 100, branches: 100, functions: 100, lines: 100 };

/**
 * Files that decide, or that say what is stored, and do nothing else: each must be covered whole. A name that fits no
 * file any more fails the run, so that none drops out of sight.
 */
const COVERED_WHOLE = [
  'libs/store/src/**/!(*.spec).ts',
  'libs/sse/src/**/!(*.spec).ts',
  'libs/json-scan/src/**/!(*.spec).ts',
  'src/**/*.repository.ts',
  'src/**/*.codec.ts',
  'src/account/**/*.script.ts',
  'src/account/availability.ts',
  'src/account/error-history/history-entry.ts',
  'src/account/field-codecs.ts',
  'src/account/groups/account-group.ts',
  'src/account/groups/group-families.ts',
  'src/account/mark-plan.ts',
  'src/account/probe/*-words.ts',
  'src/account/probe/secret-filter.ts',
  'src/account/upstream-url.ts',
  'src/api-key/**/*.script.ts',
  'src/api-key/api-key-change.ts',
  'src/api-key/api-key-expectation.ts',
  'src/api-key/api-key-selection.ts',
  'src/api-key/api-key-tags.ts',
  'src/api-key/client-restriction.ts',
  'src/api-key/key-identity.ts',
  'src/api-key/limits/admission-decision.ts',
  'src/api-key/limits/admission-terms.ts',
  'src/api-key/limits/limit-refusal.ts',
  'src/api-key/limits/percentile.ts',
  'src/api-key/permission.ts',
  'src/core/lease/lease-keeper.ts',
  'src/core/settings/*.script.ts',
  'src/core/time/zone.ts',
  'src/platforms/*/build-request.ts',
  'src/platforms/*/classify-failure.ts',
  'src/platforms/*/probe.ts',
  'src/platforms/*/usage-meter.ts',
  'src/platforms/*/warmup.ts',
  'src/relay/attempt/attempt-plan.ts',
  'src/relay/relay-access.ts',
  'src/relay/relay-admission.ts',
  'src/relay/upstream/header-rules.ts',
  'src/scheduler/*.script.ts',
  'src/scheduler/load-balancer.ts',
  'src/scheduler/session-hash.ts',
  'src/stats/book-usage.script.ts',
  'src/stats/cost-estimator.ts',
  'src/stats/key-limits.ts',
  'src/stats/pricing/cost.ts',
  'src/stats/pricing/service-rate.ts',
  'src/stats/self-service/key-profile.ts',
  'src/stats/self-service/model-row.ts',
  'src/stats/self-service/usage-class.ts',
  'src/stats/self-service/usd-text.ts',
  'src/stats/usage-writes.ts',
];

/** The tests with what they must cover: `pnpm test:coverage`. */
export default {
  ...base,
  collectCoverage: true,
  coverageReporters: ['text-summary', 'json-summary', 'lcovonly'],
  collectCoverageFrom: [
    'src/**/*.ts',
    'libs/*/src/**/*.ts',
    '!**/*.spec.ts',
    '!**/testing/**',
    // The entry checks Node's version and imports the rest; the start-up test of .ci/run goes through it.
    '!src/main.ts',
  ],
  coverageThreshold: {
    global: { statements: 90, branches: 90, functions: 90, lines: 90 },
    ...Object.fromEntries(COVERED_WHOLE.map((pattern) => [pattern, WHOLE])),
  },
};
