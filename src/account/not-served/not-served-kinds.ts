/** A kind of account that v1 has and that this gateway leaves alone. */
export interface NotServedKind {
  /** v1's name of it. */
  readonly kind: string;
  /** Prefix of the records' keys. */
  readonly recordPrefix: string;
  /** How v1 stores a record. */
  readonly format: 'hash' | 'json';
  /** Field of a client key's record that binds it to such an account, and what stands before the id there. */
  readonly binding: { readonly field: string; readonly prefix: string };
  /** Why it is not served, and what to do instead. */
  readonly reason: string;
}

const unknownUpstream = (name: string): string =>
  `${name} is no upstream of this gateway; only Claude Console and Codex accounts with an API key are.`;

/** The kinds of v1 for which this gateway has no platform. */
export const NOT_SERVED_KINDS: readonly NotServedKind[] = [
  {
    kind: 'claude',
    recordPrefix: 'claude:account',
    format: 'hash',
    binding: { field: 'claudeAccountId', prefix: '' },
    reason: 'A login at Claude (OAuth). Logins are not used here: create a Claude Console account with an API key.',
  },
  {
    kind: 'openai',
    recordPrefix: 'openai:account',
    format: 'hash',
    binding: { field: 'openaiAccountId', prefix: '' },
    reason: 'A login at ChatGPT (OAuth). Logins are not used here: create a Codex account with an API key.',
  },
  {
    kind: 'bedrock',
    recordPrefix: 'bedrock_account',
    format: 'json',
    binding: { field: 'bedrockAccountId', prefix: '' },
    reason: unknownUpstream('Amazon Bedrock'),
  },
  {
    kind: 'ccr',
    recordPrefix: 'ccr_account',
    format: 'hash',
    binding: { field: 'ccrAccountId', prefix: '' },
    reason: unknownUpstream('Claude Code Router'),
  },
  {
    kind: 'gemini',
    recordPrefix: 'gemini_account',
    format: 'hash',
    binding: { field: 'geminiAccountId', prefix: '' },
    reason: unknownUpstream('Gemini'),
  },
  {
    kind: 'gemini-api',
    recordPrefix: 'gemini_api_account',
    format: 'hash',
    binding: { field: 'geminiAccountId', prefix: 'api:' },
    reason: unknownUpstream('Gemini'),
  },
  {
    kind: 'azure-openai',
    recordPrefix: 'azure_openai:account',
    format: 'hash',
    binding: { field: 'azureOpenaiAccountId', prefix: '' },
    reason: unknownUpstream('Azure OpenAI'),
  },
  {
    kind: 'droid',
    recordPrefix: 'droid:account',
    format: 'hash',
    binding: { field: 'droidAccountId', prefix: '' },
    reason: unknownUpstream('Factory Droid'),
  },
];
