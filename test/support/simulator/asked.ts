/** What a request's body asks for, as far as the simulator cares. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly serviceTier: string | null;
  /** `stream_options.include_usage` of chat completions. */
  readonly includesUsage: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const record = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}

export function readAsked(body: Buffer): Asked {
  const { model, stream, service_tier: tier, stream_options: options } = record(parse(body));
  return {
    model: typeof model === 'string' ? model : 'unknown',
    stream: stream === true,
    serviceTier: typeof tier === 'string' && tier !== 'auto' ? tier : null,
    includesUsage: record(options)['include_usage'] === true,
  };
}
