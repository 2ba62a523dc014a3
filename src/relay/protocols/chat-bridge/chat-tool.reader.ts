import type { ChatResponseFormat, ChatTool, ChatToolChoice, JsonObject } from './chat-request.js';
import type { UntrustedField } from './untrusted-field.js';

export function readTools(field: UntrustedField): readonly ChatTool[] {
  return field.items().map((tool) => {
    const type = tool.member('type');
    if (type.value !== 'function') type.refuse('only tools of the type function can be told to this model');
    const definition = tool.member('function');
    return {
      name: definition.member('name').name(),
      description: definition.member('description').optional((text) => text.text()),
      parameters: definition.member('parameters').optional((schema) => told(schema.members())),
      strict: definition.member('strict').optional((flag) => flag.flag()),
    };
  });
}

/** Null where there is nothing to choose from, and nothing is to be chosen. */
export function readToolChoice(field: UntrustedField, tools: readonly ChatTool[]): ChatToolChoice | null {
  const { value } = field;
  if (value === 'auto' || value === 'none') return tools.length === 0 ? null : { kind: value };
  if (tools.length === 0) field.refuse('there are no tools to choose from');
  if (value === 'required') return { kind: value };
  if (typeof value === 'string') field.refuse('one of auto, none and required, or the name of a function is required');
  const type = field.member('type');
  if (type.value !== 'function') type.refuse('only a function can be chosen');
  const nameField = field.member('function').member('name');
  const name = nameField.name();
  if (!tools.some((tool) => tool.name === name)) nameField.refuse('there is no tool of this name');
  return { kind: 'named', name };
}

/** Null for text. */
export function readResponseFormat(field: UntrustedField): ChatResponseFormat | null {
  const type = field.member('type');
  switch (type.value) {
    case 'text':
      return null;
    case 'json_object':
      return { kind: 'json_object' };
    case 'json_schema':
      return readSchemaFormat(field.member('json_schema'));
    default:
      return type.refuse('one of text, json_object and json_schema is required');
  }
}

function readSchemaFormat(format: UntrustedField): ChatResponseFormat {
  return {
    kind: 'json_schema',
    name: format.member('name').name(),
    description: format.member('description').optional((text) => text.text()),
    schema: format.member('schema').optional((schema) => told(schema.members())),
    strict: format.member('strict').optional((flag) => flag.flag()),
  };
}

/** An empty schema says as much as none. */
const told = (schema: JsonObject): JsonObject | null => (Object.keys(schema).length === 0 ? null : schema);
