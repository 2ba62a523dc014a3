import { describe, expect, it } from '@jest/globals';
import { bind, type BindingInput, codexAccountIdOf } from './api-key-bindings.js';
import { type Bindings, NO_BINDINGS } from './api-key-record.js';

const A = '28bc074b-87fd-4197-af05-508ca1508341';
const GROUP = 'group:990a90a2-bbd6-442e-bdfe-4cd54737dad4';

const kept = { geminiAccountId: 'api:g', droidAccountId: 'd' };
const toGroup = { claudeAccountId: GROUP };
const toAccount = { claudeConsoleAccountId: A };

describe('bind', () => {
  it.each<[string, Partial<Bindings>, BindingInput, Partial<Bindings>]>([
    ['nothing given', { ...toAccount, openaiAccountId: 'x' }, {}, { ...toAccount, openaiAccountId: 'x' }],
    ['a console account', {}, { claudeConsoleAccountId: A }, toAccount],
    ['a console account instead of a group', toGroup, { claudeConsoleAccountId: A }, toAccount],
    ['a group by the account field', toAccount, { claudeConsoleAccountId: GROUP }, toGroup],
    ['a group by its own field', toAccount, { claudeAccountId: GROUP }, toGroup],
    ['no Claude binding', toGroup, { claudeConsoleAccountId: null }, {}],
    ['no group', { ...toGroup, ...toAccount }, { claudeAccountId: null }, toAccount],
    ['a group, and no account', toAccount, { claudeAccountId: GROUP, claudeConsoleAccountId: null }, toGroup],
    ['an account, and no group', toGroup, { claudeAccountId: null, claudeConsoleAccountId: A }, toAccount],
    ['a codex account', {}, { codexAccountId: A }, { openaiAccountId: `responses:${A}` }],
    ['a codex group', {}, { codexAccountId: GROUP }, { openaiAccountId: GROUP }],
    ['no codex binding', { openaiAccountId: 'oauth-account' }, { codexAccountId: null }, {}],
  ])('to %s', (_, before, input, after) => {
    expect(bind({ ...NO_BINDINGS, ...kept, ...before }, input)).toEqual({ ...NO_BINDINGS, ...kept, ...after });
  });
});

describe('codexAccountIdOf', () => {
  it.each([
    ['', null],
    [`responses:${A}`, A],
    [GROUP, GROUP],
    ['an-oauth-account', null],
  ])('of %j is %j', (openaiAccountId, codexAccountId) => {
    expect(codexAccountIdOf({ ...NO_BINDINGS, openaiAccountId })).toBe(codexAccountId);
  });
});
