import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Platform } from '@crs/extension-api';
import { ClaudeConsolePlatform } from '../../src/platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../../src/platforms/codex/codex.platform.js';

const PLATFORMS: readonly (readonly [name: string, platform: Platform])[] = [
  ['claude-console', new ClaudeConsolePlatform()],
  ['codex', new CodexPlatform()],
];

/** What a platform and its accounts are called, where a text is nothing else. */
const NAMES = new Set(PLATFORMS.flatMap(([name, { account }]) => [name, account.accountType, account.storedPlatform]));
/** How the names of its keys begin, wherever in a text. */
const STORED = PLATFORMS.flatMap(([, { account }]) => [
  account.recordPrefix,
  account.sharedSet,
  account.secretSalt,
  account.sessionPrefix,
]);

const SERVICE = 'The service `codex`, which has the name of its first platform: keys are allowed and rated by service.';

/** Where a text of the core may name a platform, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'libs/extension-api/src/principal.ts': SERVICE,
  'src/account/groups/dto/group-input.dto.ts': SERVICE,
  'src/api-key/api-key-change.ts': SERVICE,
  'src/api-key/dto/access-settings.dto.ts': SERVICE,
  'src/api-key/dto/list-api-keys.query.dto.ts': SERVICE,
  'src/api-key/dto/service-rates.validator.ts': SERVICE,
  'src/api-key/permission-list.ts': SERVICE,
  'src/core/journal/note-shape.ts': SERVICE,
  'src/stats/ledger/usage-writes.ts': SERVICE,
  'src/stats/model-name.ts': SERVICE,
  'src/stats/recompute/day-correction.ts': SERVICE,
  'src/stats/self-service/dto/openai-self-info.dto.ts': SERVICE,
  'src/stats/service-rates/service-rates.codec.ts': SERVICE,
  'src/api-key/binding-target.repository.ts':
    'The fields that version 1 gives a key for its bindings, and what each names.',
};

const isCode = (file: string): boolean =>
  !/\.(spec|e2e-spec|swagger|d)\.ts$|\/(testing|fixtures|dist|node_modules)\//.test(file);
const SOURCES = globSync('{src,libs}/**/*.ts').filter(isCode);
const CORE = SOURCES.filter((file) => !file.startsWith('src/platforms/'));

/** String literals of the code; comments and examples in the documentation of the API may name what they like. */
function literalsOf(text: string): string[] {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\bexamples?: *('[^']*'|\[[^\]]*\])/g, '');
  return [...code.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)].map(
    (found) => found[1] ?? found[2] ?? found[3] ?? '',
  );
}

const namesPlatform = (literal: string): boolean =>
  NAMES.has(literal) || STORED.some((stored) => literal.includes(stored));

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/\bfrom '([^']+)'/g)].map(([, name]) => name ?? '');

describe('a platform is one folder and one line:', () => {
  const naming = CORE.map((file) => ({
    file,
    names: [...new Set(literalsOf(readFileSync(file, 'utf8')).filter(namesPlatform))],
  })).filter(({ names }) => names.length > 0);

  it('finds a name where there is one', () => {
    expect(CORE.length).toBeGreaterThan(300);
    const text = "const a = 'codex'; /* 'codex' */ `unified_openai_session_mapping:${hash}`; example: 'claude-console'";
    expect(literalsOf(text).filter(namesPlatform)).toEqual(['codex', 'unified_openai_session_mapping:${hash}']);
  });

  it('the core names none, but where a format demands it', () => {
    expect(naming.filter(({ file }) => !Object.hasOwn(ALLOWED, file))).toEqual([]);
  });

  it('no file is excused that does not need it', () => {
    expect(Object.keys(ALLOWED).filter((file) => !naming.some((each) => each.file === file))).toEqual([]);
  });

  it.each(PLATFORMS.map(([name]) => name))('only the list of platforms knows the folder of %s', (name) => {
    const outside = SOURCES.filter((file) => !file.startsWith(`src/platforms/${name}/`));
    const knowing = outside.filter((file) => importsOf(file).some((path) => path.includes(`/${name}/`)));
    expect(knowing).toEqual(['src/platforms/platforms.module.ts']);
    const lines = readFileSync('src/platforms/platforms.module.ts', 'utf8').split('\n');
    expect(lines.filter((line) => line.includes(`./${name}/`))).toHaveLength(1);
  });

  it('one that stands in another folder needs packages alone', () => {
    const imported = globSync('test/support/third-platform/*.ts').flatMap(importsOf);
    expect(imported.length).toBeGreaterThan(5);
    expect(
      imported.filter(
        (path) => !/^(@crs\/(extension-api|platform-kit|json-scan|sse)|@nestjs\/common|\.\/.*)$/.test(path),
      ),
    ).toEqual([]);
  });
});
