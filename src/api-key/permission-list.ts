/** v1 says `openai` where this gateway says `codex`. */
const STORED_CODEX = 'openai';
const CODEX = 'codex';

/**
 * The services that a stored `permissions` text allows; empty = all. Old versions wrote plain text. What cannot be read
 * becomes a name that no service has, so that nothing is allowed: only an empty list means all.
 */
export function parsePermissions(text: string): readonly string[] {
  if (text === '' || text === 'all') return [];
  const members = text.startsWith('[') ? (parseJsonList(text) ?? [text]) : splitText(text);
  return members.map((member) => (member === STORED_CODEX ? CODEX : member));
}

/** The text that v1 stores and reads. */
export function formatPermissions(permissions: readonly string[]): string {
  return JSON.stringify(permissions.map((name) => (name === CODEX ? STORED_CODEX : name)));
}

function parseJsonList(text: string): string[] | null {
  try {
    // What begins with a bracket is a list, if it is JSON at all.
    const members = JSON.parse(text) as readonly unknown[];
    return members.map((member) => String(member));
  } catch {
    return null;
  }
}

function splitText(text: string): string[] {
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  return members.length === 0 ? [text] : members;
}
