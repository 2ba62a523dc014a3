import type { RelayRequest } from '@crs/extension-api';
import { findPath } from '@crs/json-scan';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testConfig } from '../../../test/support/test-config.ts';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { CodexAdaptationTransformer } from './codex-adaptation.transformer.js';
import { CodexInstructions } from './codex-instructions.js';

const SDK = 'OpenAI/JS 7.57.0';
const REMOVED = [
  'temperature',
  'top_p',
  'max_output_tokens',
  'user',
  'text_formatting',
  'truncation',
  'text',
  'service_tier',
  'prompt_cache_retention',
  'safety_identifier',
];
const adapting = testPrincipal({ adaptsForeignClients: true });

function requestOf(text: string, change: Partial<RelayRequest> = {}): RelayRequest {
  const body = Buffer.from(text);
  const modelSpan = findPath(body, ['model']) ?? { start: 0, end: 0 };
  const model: unknown = JSON.parse(body.toString('utf8', modelSpan.start, modelSpan.end));
  const traits = { body, modelSpan, model: String(model), endpoint: 'responses', askedEndpoint: 'responses' };
  return testRelayRequest({ ...traits, headers: { 'user-agent': SDK }, ...change });
}

describe('CodexAdaptationTransformer', () => {
  const sut = new CodexAdaptationTransformer(new CodexInstructions(testConfig()));
  const adapted = (text: string, change?: Partial<RelayRequest>): string | null =>
    sut.transform(requestOf(text, change), adapting)?.body?.toString() ?? null;

  it('takes out what Codex upstreams refuse, and no other byte', () => {
    const members = REMOVED.map((name, index) => `"${name}" : {"kept":[${String(index)}]}`).join(',\n');
    expect(adapted(`{"model":"gpt-5", ${members} , "input":[{"text":"é","user":1}],"stream" : true}`)).toBe(
      '{"model":"gpt-5", "input":[{"text":"é","user":1}],"stream" : true}',
    );
  });

  it.each([
    ['gpt-5-2025-08-07', 'gpt-5'],
    ['gpt-5-mini', 'gpt-5'],
    ['gpt-5-chat-latest', 'gpt-5'],
    ['gpt-5-', 'gpt-5'],
    ['gpt-5', null],
    ['gpt-5-codex', null],
    ['gpt-5-codex-mini', null],
    ['gpt-5.1', null],
    ['gpt-5.1-codex-max', null],
    ['my-gpt-5-mini', null],
    ['o3', null],
  ])('asks for %s as %s (null: as it is)', (model, expected) => {
    const text = `{ "model" : "${model}" , "input":"hi" }`;
    expect(adapted(text)).toBe(expected === null ? null : text.replace(`"${model}"`, `"${expected}"`));
  });

  it('leaves the instructions as they are where no file is named', () => {
    expect(adapted('{"model":"gpt-5","instructions":"Be kind.","top_p":1}')).toBe(
      '{"model":"gpt-5","instructions":"Be kind."}',
    );
  });

  it('leaves alone what has nothing of it', () => {
    expect(sut.transform(requestOf('{"model":"gpt-5.1","input":[],"new":{"user":1}}'), adapting)).toBeNull();
  });

  const foreign = '{"model":"gpt-5-mini","input":[],"temperature":1}';

  it.each([
    'codex_exec/0.169.0 (Ubuntu 22.4.0; x86_64) xterm',
    'codex_cli_rs/0.38.0 (Debian 12; x86_64)',
    'codex-tui/0.142.0-alpha.10',
    'codex_vscode/0.153.0',
    'Codex Desktop/0.153.4 (Mac OS 26.0; arm64)',
    'codex_sdk_ts/0.60.0',
  ])('leaves %s alone', (userAgent) => {
    expect(adapted(foreign, { headers: { 'user-agent': userAgent } })).toBeNull();
  });

  it.each(['curl/8.5.0', 'my codex_exec/1.0', 'codex_exec', ''])('takes %j for a foreign client', (userAgent) => {
    expect(adapted(foreign, { headers: { 'user-agent': userAgent } })).toBe('{"model":"gpt-5","input":[]}');
  });

  it('takes a client that does not name itself for a foreign one', () => {
    expect(adapted(foreign, { headers: {} })).toBe('{"model":"gpt-5","input":[]}');
  });

  it('obeys the option of the key, at every endpoint', () => {
    for (const endpoint of ['responses', 'compact']) {
      const request = requestOf(foreign, { endpoint, askedEndpoint: endpoint });
      expect(sut.transform(request, testPrincipal({ adaptsForeignClients: false }))).toBeNull();
      expect(sut.transform(request, adapting)).not.toBeNull();
    }
  });

  it('leaves what was translated as the bridge says it', () => {
    expect(adapted(foreign, { askedEndpoint: 'chat_completions' })).toBeNull();
  });

  it('makes of any body what the same change makes of its value', () => {
    const names = fc.oneof(
      fc.constantFrom(...REMOVED, 'Text', 'input', 'texte\u0301'),
      fc.string({ unit: 'grapheme' }),
    );
    const values = fc.dictionary(names, fc.jsonValue({ stringUnit: 'binary' }), { noNullPrototype: true });
    fc.assert(
      fc.property(values, fc.nat(2), (members, indent) => {
        const before = { ...members, model: 'gpt-5-mini' };
        const expected = Object.entries({ ...before, model: 'gpt-5' }).filter(([name]) => !REMOVED.includes(name));
        const text = JSON.stringify(before, null, indent);
        expect(JSON.parse(adapted(text) ?? '')).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(expected))));
      }),
    );
  });

  describe('with a file of instructions', () => {
    const text = 'You are "Codex".\n世界 \u{1f600}\n';
    let withFile: CodexAdaptationTransformer;

    beforeAll(async () => {
      const codexInstructionsFile = join(mkdtempSync(join(tmpdir(), 'codex-')), 'codex.md');
      writeFileSync(codexInstructionsFile, text);
      const instructions = new CodexInstructions(testConfig({ relay: { codexInstructionsFile } }));
      await instructions.onModuleInit();
      withFile = new CodexAdaptationTransformer(instructions);
    });

    it.each([
      [
        'in place of the client’s',
        '{"model":"gpt-5", "instructions" : "Be kind." , "input":[]}',
        '{"model":"gpt-5", "instructions" : @ , "input":[]}',
      ],
      ['in place of null', '{"instructions":null,"model":"gpt-5"}', '{"instructions":@,"model":"gpt-5"}'],
      [
        'where the client has sent none',
        '{"model":"gpt-5","input":[] }',
        '{"model":"gpt-5","input":[],"instructions":@ }',
      ],
    ])('puts them %s', (_, given, expected) => {
      const body = withFile.transform(requestOf(given), adapting)?.body?.toString();
      expect(body).toBe(expected.replace('@', JSON.stringify(text)));
    });

    it('leaves alone what is no object', () => {
      const request = testRelayRequest({ endpoint: 'responses', askedEndpoint: 'responses', body: Buffer.from('[1]') });
      expect(withFile.transform(request, adapting)).toBeNull();
    });

    it('gives Codex none', () => {
      const codex = requestOf('{"model":"gpt-5"}', { headers: { 'user-agent': 'codex_exec/0.169.0' } });
      expect(withFile.transform(codex, adapting)).toBeNull();
    });
  });
});
