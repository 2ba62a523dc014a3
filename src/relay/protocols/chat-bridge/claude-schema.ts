import { asRecord } from '@crs/platform-kit';
import type { JsonObject } from './chat-request.js';

/** What a schema may say to Claude besides what is handled one by one; all else would have the whole request refused. */
const TAKEN: ReadonlySet<string> = new Set(['type', 'title', 'description', 'default', 'required', 'enum', 'const']);
const FORMATS: ReadonlySet<unknown> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
]);
/** They say nothing to a model. */
const IGNORED: ReadonlySet<string> = new Set(['$schema', '$id', '$comment', 'additionalProperties']);

/**
 * A JSON schema as Claude takes it for its answers: no object has other members than those named, and what Claude cannot be
 * held to (such as `minimum`, `maxLength` or `pattern`) is told in the description instead. References stay as they are,
 * also those to themselves, which Claude refuses.
 */
export function toClaudeSchema(schema: JsonObject): JsonObject {
  const definitions = { ...mapped(schema, '$defs'), ...mapped(schema, 'definitions') };
  // A reference takes nothing beside it.
  if (typeof schema['$ref'] === 'string') return { ...definitions, $ref: schema['$ref'] };
  const told: Record<string, unknown> = definitions;
  const untold: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    const member = toMember(name, value, schema);
    if (member !== null) Object.assign(told, member);
    else if (!IGNORED.has(name)) untold.push(`${name}: ${JSON.stringify(value)}`);
  }
  if (isObject(schema)) Object.assign(told, { properties: told['properties'] ?? {}, additionalProperties: false });
  if (untold.length === 0) return told;
  const { description } = schema;
  const rules = `{${untold.join(', ')}}`;
  return { ...told, description: typeof description === 'string' ? `${description}\n\n${rules}` : rules };
}

/** What becomes of one member; null = it cannot be told as such. */
function toMember(name: string, value: unknown, schema: JsonObject): JsonObject | null {
  switch (name) {
    case '$defs':
    case 'definitions':
      return {};
    case 'properties':
      return mapped(schema, name);
    case 'items':
      return isRecord(value) ? { items: toClaudeSchema(value) } : null;
    case 'anyOf':
    case 'allOf':
      return Array.isArray(value) ? { [name]: value.map(toSubschema) } : null;
    case 'oneOf':
      return Array.isArray(value) && schema['anyOf'] === undefined ? { anyOf: value.map(toSubschema) } : null;
    case 'minItems':
      return value === 0 || value === 1 ? { [name]: value } : null;
    case 'format':
      return FORMATS.has(value) ? { [name]: value } : null;
    default:
      return TAKEN.has(name) ? { [name]: value } : null;
  }
}

function mapped(schema: JsonObject, name: string): JsonObject {
  const members = schema[name];
  if (!isRecord(members)) return {};
  return { [name]: Object.fromEntries(Object.entries(members).map(([key, value]) => [key, toSubschema(value)])) };
}

/** `true`, and what is no schema at all, stays: the upstream says what it thinks of it. */
const toSubschema = (value: unknown): unknown => (isRecord(value) ? toClaudeSchema(value) : value);

const isRecord = (value: unknown): value is JsonObject => asRecord(value) !== null && !Array.isArray(value);

const isObject = ({ type, properties }: JsonObject): boolean =>
  type === 'object' || (Array.isArray(type) && type.includes('object')) || properties !== undefined;
