/** Who may import whom. Every rule is an error: an exception is a change of the design, made here with its reason. */

const NOT_SPECS = '\\.(e2e-)?spec\\.ts$';

/** Feature modules know the ports of the packages and the core, never each other. */
const FEATURES = ['auth', 'api-key', 'account', 'stats', 'users', 'notify', 'health'];
const isFeature = `^src/(${FEATURES.join('|')})/`;

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const pathOf = (...names) => names.map((name) => `^${name}/`);

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'What depends on each other is one thing in two files: neither can be understood, tested or loaded alone.',
      {},
      { circular: true },
    ),
    forbid('no-unresolved', 'An import that nothing answers fails at run time.', {}, { couldNotResolve: true }),
    forbid(
      'no-undeclared-packages',
      'A package that no package.json names is there by luck.',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    forbid(
      'no-dev-packages-in-production',
      'Development packages are not in the image.',
      { path: pathOf('src', 'libs/[^/]+/src'), pathNot: [NOT_SPECS, '/testing/', '/fixtures/'] },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
    ),
    forbid(
      'packages-do-not-know-the-application',
      'libs are built and shipped without src.',
      { path: '^libs/', pathNot: NOT_SPECS },
      { path: '^(src|test|bench)/' },
    ),
    forbid(
      'packages-by-name-only',
      'A relative import into a package bypasses its public face, and its build.',
      { path: '^(src|test|bench|scripts)/' },
      // The conformance suite of the store is no part of its face.
      {
        path: '^libs/',
        pathNot: '^libs/[^/]+/src/testing/',
        dependencyTypes: ['local'],
        dependencyTypesNot: ['aliased', 'npm'],
      },
    ),
    forbid(
      'packages-do-not-reach-into-each-other',
      'A package imports another by its name.',
      { path: '^libs/([^/]+)/' },
      { path: '^libs/', pathNot: '^libs/$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased', 'npm'] },
    ),
    forbid(
      'extension-api-is-types-and-decorators',
      'It is what extensions are compiled against: it may bring Nest and nothing else.',
      { path: '^libs/extension-api/src', pathNot: NOT_SPECS },
      {
        pathNot: ['^libs/extension-api/src', 'node_modules/@nestjs/(common|core|swagger)/'],
        dependencyTypesNot: ['core'],
      },
    ),
    forbid(
      'sse-and-json-scan-import-nothing',
      'They are pure: bytes in, values out.',
      { path: '^libs/(sse|json-scan)/src', pathNot: [NOT_SPECS, '/testing/'] },
      { pathNot: '^libs/(sse|json-scan)/src' },
    ),
    forbid(
      'platform-kit-imports-extension-api-and-json-scan',
      'What platforms share beside their ports: pure, and without the application.',
      { path: '^libs/platform-kit/src', pathNot: NOT_SPECS },
      { pathNot: ['^libs/platform-kit/src', '^libs/(extension-api|json-scan)/'] },
    ),
    forbid(
      'store-imports-drivers-and-nest',
      'The store knows nothing of what is stored.',
      { path: '^libs/store/src', pathNot: [NOT_SPECS, '/testing/'] },
      {
        pathNot: [
          '^libs/store/src',
          'node_modules/(ioredis|better-sqlite3|@types/better-sqlite3|@nestjs/(common|core))/',
        ],
        dependencyTypesNot: ['core'],
      },
    ),
    forbid(
      'drivers-in-the-store-only',
      'Everything else speaks to StoreClient, so that both stores stay whole.',
      { pathNot: ['^libs/store/', NOT_SPECS, '^test/'] },
      { path: 'node_modules/(ioredis|better-sqlite3)/' },
    ),
    forbid(
      'undici-in-egress-only',
      'One place decides how connections are pooled, proxied and guarded.',
      { path: '^src/', pathNot: ['^src/core/egress/', NOT_SPECS] },
      { path: 'node_modules/undici/' },
    ),
    forbid(
      'core-knows-no-feature',
      'src/core is below everything.',
      { path: '^src/core/' },
      { path: '^src/(?!core/)' },
    ),
    forbid(
      'platforms-import-packages-only',
      'A platform could live in another repository: it sees extension-api, platform-kit, sse and json-scan.',
      { path: '^src/platforms/[^/]+/', pathNot: NOT_SPECS },
      { path: '^(src/(?!platforms/)|libs/(?!extension-api/|platform-kit/|sse/|json-scan/))' },
    ),
    forbid(
      'platforms-do-not-know-each-other',
      'What two platforms share belongs to their protocol or to a package.',
      { path: '^src/platforms/([^/]+)/' },
      { path: '^src/platforms/', pathNot: '^src/platforms/$1/' },
    ),
    forbid(
      'only-the-application-knows-platforms',
      'The core names no platform; it finds them by decorator.',
      { path: '^src/', pathNot: ['^src/platforms/', '^src/app\\.module\\.ts$', '^src/cli/', NOT_SPECS] },
      { path: '^src/platforms/' },
    ),
    ...FEATURES.map((feature) =>
      forbid(
        `${feature}-imports-packages-and-core`,
        'Feature modules meet through ports in extension-api.',
        { path: `^src/${feature}/`, pathNot: NOT_SPECS },
        { path: `^src/(?!core/|${feature}/)` },
      ),
    ),
    forbid(
      'scheduler-imports-account-and-core',
      'Choosing an account needs accounts, not requests, keys or figures.',
      { path: '^src/scheduler/', pathNot: NOT_SPECS },
      { path: '^src/(?!core/|account/|scheduler/)' },
    ),
    forbid(
      'relay-imports-what-a-request-needs',
      'scheduler, account (marks), api-key (guard, limits), stats (interceptor, journal port).',
      { path: '^src/relay/', pathNot: NOT_SPECS },
      { path: '^src/(?!core/|relay/|scheduler/|account/|api-key/|stats/)' },
    ),
    forbid(
      'features-are-below-relay',
      'The conductor knows the players, not the other way round.',
      { path: isFeature, pathNot: NOT_SPECS },
      { path: '^src/(relay|scheduler)/' },
    ),
    forbid(
      'the-composition-is-on-top',
      'app.module.ts, bootstrap.ts and main.ts know everything, so nothing may know them.',
      { path: '^src/', pathNot: ['^src/(app\\.module|bootstrap|main)\\.ts$', '^src/cli/', NOT_SPECS] },
      { path: '^src/(app\\.module|bootstrap|main)\\.ts$' },
    ),
    forbid(
      'controllers-do-not-import-repositories',
      'A controller names inputs and calls one service; storage is behind that.',
      { path: '\\.controller\\.ts$' },
      { path: '\\.repository\\.ts$', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'no-barrels-in-src',
      'An index file hides who needs what, and makes cycles.',
      { path: '^src/' },
      { path: '^src/.*/index\\.ts$' },
    ),
    forbid(
      'no-tests-in-production',
      'Specs, fixtures and test support are not shipped.',
      { path: '^(src|libs)/', pathNot: [NOT_SPECS, '/testing/'] },
      { path: ['^test/', '/testing/', NOT_SPECS] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types', 'default'],
    },
  },
};
