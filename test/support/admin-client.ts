export interface CreatedKey {
  readonly id: string;
  /** The secret; no later answer has it. */
  readonly key: string;
}

/** A caller of the admin API. Logs in when it is first used. */
export class AdminClient {
  readonly #url: string;
  readonly #credentials: { readonly username: string; readonly password: string };
  /** Shared by calls that come at the same time. */
  #token: Promise<string> | null = null;

  constructor(url: string, credentials: { readonly username: string; readonly password: string }) {
    this.#url = url;
    this.#credentials = credentials;
  }

  async createAccount(platform: string, fields: Readonly<Record<string, unknown>>): Promise<{ readonly id: string }> {
    return (await this.request('POST', `/accounts/${platform}`, fields)) as { id: string };
  }

  async createKey(fields: Readonly<Record<string, unknown>>): Promise<CreatedKey> {
    return (await this.request('POST', '/keys', fields)) as CreatedKey;
  }

  /** Calls a route below `/api/v2`; rejects with the answer's text unless it is a success. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    this.#token ??= this.#login();
    return await this.#call(method, path, body, { authorization: `Bearer ${await this.#token}` });
  }

  async #login(): Promise<string> {
    const { token } = (await this.#call('POST', '/auth/admin/login', this.#credentials, {})) as { token: string };
    return token;
  }

  async #call(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<unknown> {
    const answer = await fetch(`${this.#url}/api/v2${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} /api/v2${path} answered ${answer.status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
