import type { ByteSpan } from './byte-span.js';
import { JSON_BYTE, type JsonScanner } from './json-scanner.js';

/** One member of an object. */
export interface Member {
  /** From behind the brace or comma before it to the comma or brace behind it, white space included. */
  readonly whole: ByteSpan;
  /** Quotes included. */
  readonly name: ByteSpan;
  readonly value: ByteSpan;
}

/** Tells `onMember` of each member of the object that the scanner stands before; false with the scanner's fault. */
export function walkMembers(scanner: JsonScanner, onMember: (member: Member) => void): boolean {
  scanner.skipSpace();
  if (!scanner.take(JSON_BYTE.OPEN_BRACE)) return scanner.fail('it is not a JSON object');
  let wholeStart = scanner.at;
  scanner.skipSpace();
  if (!scanner.take(JSON_BYTE.CLOSE_BRACE)) {
    do {
      if (!walkMember(scanner, wholeStart, onMember)) return false;
      wholeStart = scanner.at + 1;
    } while (scanner.take(JSON_BYTE.COMMA));
    if (!scanner.take(JSON_BYTE.CLOSE_BRACE)) return scanner.failHere();
  }
  scanner.skipSpace();
  return scanner.isAtEnd ? true : scanner.fail('something follows the JSON object');
}

/** One `"name": value`, with the white space around it. */
function walkMember(scanner: JsonScanner, wholeStart: number, onMember: (member: Member) => void): boolean {
  scanner.skipSpace();
  const nameStart = scanner.at;
  if (scanner.byte !== JSON_BYTE.QUOTE) return scanner.failHere();
  if (!scanner.skipString()) return false;
  const name = { start: nameStart, end: scanner.at };
  scanner.skipSpace();
  if (!scanner.take(JSON_BYTE.COLON)) return scanner.failHere();
  scanner.skipSpace();
  const start = scanner.at;
  if (!scanner.skipValue()) return false;
  const value = { start, end: scanner.at };
  scanner.skipSpace();
  onMember({ whole: { start: wholeStart, end: scanner.at }, name, value });
  return true;
}
