import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** `process.env` is read in one place, so that every variable is validated and listed. */
const ENV_ONLY_IN_CONFIG = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read the environment in src/core/config only and inject AppConfig.',
};

/** After a hijack no filter can answer, so one class owns that state. */
const RAW_REPLY_ONLY_IN_CLIENT_STREAM = [
  {
    selector: "MemberExpression[object.name='reply'][property.name='raw']",
    message: 'Only src/relay/stream/client-stream.ts writes to reply.raw.',
  },
  {
    selector: "CallExpression[callee.property.name='hijack']",
    message: 'Only src/relay/stream/client-stream.ts takes a reply over.',
  },
];

/** Node runs these files itself: types can be erased, but syntax that needs code cannot. */
const ERASABLE_ONLY = [
  { selector: 'TSEnumDeclaration', message: 'Node cannot erase an enum.' },
  { selector: 'TSParameterProperty', message: 'Node cannot erase a parameter property.' },
  { selector: 'TSModuleDeclaration', message: 'Node cannot erase a namespace.' },
];

/** What plain JavaScript files use of Node's globals. */
const NODE_GLOBALS = [
  'AbortSignal',
  'Buffer',
  'URL',
  'clearInterval',
  'clearTimeout',
  'console',
  'fetch',
  'process',
  'setInterval',
  'setTimeout',
];

const SPECS = ['**/*.spec.ts', '**/*.e2e-spec.ts'];

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', 'coverage/', '.toolchain/', 'data/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-param-reassign': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // Numbers and booleans are safe inside a template.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Nest modules are classes with nothing but a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
      // Options and abstract classes are met by literals: that is what a structural type system is for.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Ports are async because some implementation is; the embedded ones need not await anything.
      '@typescript-eslint/require-await': 'off',
      // Index signatures are read with brackets, known properties with a dot: the compiler tells which is which.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
    },
  },
  {
    files: ['src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: [...SPECS, '**/testing/**'],
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 6 }],
      'no-restricted-syntax': ['error', ENV_ONLY_IN_CONFIG, ...RAW_REPLY_ONLY_IN_CLIENT_STREAM],
    },
  },
  {
    files: ['src/core/config/**/*.ts'],
    ignores: SPECS,
    rules: { 'no-restricted-syntax': ['error', ...RAW_REPLY_ONLY_IN_CLIENT_STREAM] },
  },
  {
    files: ['src/relay/stream/client-stream.ts'],
    rules: { 'no-restricted-syntax': ['error', ENV_ONLY_IN_CONFIG] },
  },
  {
    // The version check speaks before there is a logger.
    files: ['src/main.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: [
      'test/support/simulator/**/*.ts',
      'test/support/{built-gateway,admin-client}.ts',
      'bench/**/*.ts',
      'scripts/**/*.ts',
    ],
    ignores: SPECS,
    rules: { 'no-restricted-syntax': ['error', ...ERASABLE_ONLY] },
  },
  {
    files: ['bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: SPECS,
    rules: {
      // Partial fakes of ports are built by casting at one place of a spec.
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
      // A spec names a method to make assertions about it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // End-to-end tests look into JSON of many shapes; what is not there fails the assertion.
    files: ['test/e2e/**/*.ts', 'test/v1/**/*.ts', 'test/support/{test-app,two-accounts,golden-app}.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(NODE_GLOBALS.map((name) => [name, 'readonly'])),
    },
    rules: { 'max-lines': ['error', { max: 300 }] },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs', globals: { module: 'writable' } } },
);
