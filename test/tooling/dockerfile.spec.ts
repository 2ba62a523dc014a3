import { describe, expect, it } from '@jest/globals';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Instructions of a Dockerfile, comments dropped and continued lines joined. */
function parse(text: string): Instruction[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.trim().split(/\s+/);
      return { name, text: rest.join(' ') };
    });
}

function dropFlags(text: string): string[] {
  return text.split(' ').filter((word) => !word.startsWith('--'));
}

/** True when the name is let through by the allow list of .dockerignore. */
function isInContext(name: string, ignore: readonly string[]): boolean {
  const allowed = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const [top = ''] = name.replace(/^\.\//, '').split('/');
  return allowed.some((pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(top));
}

describe('Dockerfile', () => {
  const sut = parse(readFileSync('Dockerfile', 'utf8'));
  const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
  const of = (name: string): string[] => sut.filter((each) => each.name === name).map((each) => each.text);
  const finalStage = sut.slice(sut.findLastIndex((each) => each.name === 'FROM'));
  const fromContext = of('COPY').filter((text) => !text.includes('--from='));

  it('copies only what exists and what .dockerignore lets through', () => {
    const sources = fromContext.flatMap((text) => dropFlags(text).slice(0, -1));
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
    expect(sources.filter((source) => !isInContext(source, ignore))).toEqual([]);
    expect(ignore[1]).toBe('*');
  });

  it('installs with the manifest of every package, and builds with every setting', () => {
    const copied = fromContext.flatMap((text) => dropFlags(text).slice(0, -1));
    const manifests = globSync('libs/*/package.json');
    expect(copied).toEqual(
      expect.arrayContaining([...manifests, 'package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']),
    );
    const settings = readdirSync('.').filter((name) => /^(tsconfig.*|nest-cli)\.json$/.test(name));
    expect(copied).toEqual(expect.arrayContaining(settings));
  });

  it('runs the scripts that CI runs', () => {
    const runs = of('RUN').filter((text) => text.includes('run.mjs'));
    expect(runs).toHaveLength(2);
    expect(readFileSync('.ci/run', 'utf8')).toContain('scripts/checks/bundle.mjs');
    expect(runs.at(-1)).toContain('"bundle"');
  });

  it('pins the Node.js that the launcher fetches, exactly', () => {
    const version = /NODE_VERSION = '(.*)'/.exec(readFileSync('scripts/lib/versions.mjs', 'utf8'))?.[1];
    expect(of('ARG')).toEqual([`NODE_IMAGE=node:${String(version)}-bookworm-slim`]);
    expect(of('FROM')).toEqual(['${NODE_IMAGE} AS build', '${NODE_IMAGE}']);
  });

  it('runs as an ordinary user who owns the data only, is checked, and is asked to stop', () => {
    const names = finalStage.map((each) => each.name);
    const last = (name: string): string => finalStage.findLast((each) => each.name === name)?.text ?? '';
    expect(last('USER')).toBe('node');
    expect(names.lastIndexOf('USER')).toBeGreaterThan(names.lastIndexOf('RUN'));
    expect(last('VOLUME')).toBe('/data');
    expect(last('ENV')).toContain('DATA_DIR=/data');
    expect(last('HEALTHCHECK')).toContain('/health');
    expect(JSON.parse(last('CMD'))).toEqual(['node', 'dist/main.js']);
    expect(finalStage.filter((each) => each.name === 'COPY').map((each) => each.text)).toEqual([
      '--from=build /app ./',
    ]);
  });

  it('has no secret in it', () => {
    expect(of('ENV').concat(of('ARG')).join(' ')).not.toMatch(/KEY|SECRET|PASSWORD|TOKEN/);
  });
});

describe('docker-compose.yml', () => {
  const sut = readFileSync('docker-compose.yml', 'utf8');
  const service = (name: string): string =>
    new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n|\\n)+)`, 'm').exec(sut)?.[1] ?? '';

  it('requires an encryption key', () => {
    expect(service('gateway')).toMatch(/ENCRYPTION_KEY: \$\{ENCRYPTION_KEY:\?/);
  });

  it('waits for a Redis that is healthy, keeps its data and is not published', () => {
    expect(service('gateway')).toContain('condition: service_healthy');
    expect(service('redis')).toContain('healthcheck:');
    expect(service('redis')).toContain('redis-data:/data');
    expect(service('redis')).not.toContain('ports:');
  });

  it('sets only variables that the gateway knows', () => {
    const known = readFileSync('.env.example', 'utf8');
    const names = [...service('gateway').matchAll(/^ {6}([A-Z_]+):/gm)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !new RegExp(`^#? ?${name}=`, 'm').test(known))).toEqual([]);
  });
});
