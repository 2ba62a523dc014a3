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
  'src/account/availability.ts',
  'src/api-key/permission.ts',
  'src/core/time/zone.ts',
  'src/platforms/*/build-request.ts',
  'src/platforms/*/classify-failure.ts',
  'src/platforms/*/usage-meter.ts',
  'src/relay/attempt/attempt-plan.ts',
  'src/relay/upstream/header-rules.ts',
  'src/scheduler/session-hash.ts',
  'src/stats/pricing/cost.ts',
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
