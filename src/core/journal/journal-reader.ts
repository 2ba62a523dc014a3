import { createReadStream } from 'node:fs';
import type { LoggerService } from '@nestjs/common';
import { errorCode } from '../config/error-code.js';
import { type JournalFolder, isMissing } from './journal-folder.js';
import { JournalReading } from './journal-reading.js';
import { decodeNote } from './note.codec.js';

/**
 * Reads every segment, oldest first, as far as it goes. Half a line at the end of a segment is what a kill or a full disk
 * leaves; other lines that make no sense are left out, the log says how many, and the reading is not whole.
 *
 * @throws the system's error when the folder itself cannot be read.
 */
export async function readJournal(folder: JournalFolder, logger: Pick<LoggerService, 'warn'>): Promise<JournalReading> {
  const reading = new JournalReading();
  let damaged = 0;
  for (const segment of folder.segments()) {
    try {
      damaged += await readSegment(folder, segment, reading);
    } catch (error: unknown) {
      // One of a living process may just have been removed.
      if (isMissing(error)) continue;
      reading.addUnread();
      const file = folder.segmentFile(segment);
      logger.warn({ msg: 'A file of the journal cannot be read to its end', file, error: errorCode(error) });
    }
  }
  if (damaged === 0) return reading;
  reading.addUnread();
  logger.warn({ msg: 'Damaged lines of the journal were left out', folder: folder.path, damaged });
  return reading;
}

/** Number of lines that are damaged. */
async function readSegment(folder: JournalFolder, segment: number, reading: JournalReading): Promise<number> {
  const size = folder.sizeOf(segment);
  if (size === 0) return 0;
  let damaged = 0;
  // No further than it goes now: the last line that is written meanwhile would look damaged.
  const text = createReadStream(folder.segmentFile(segment), { encoding: 'utf8', end: size - 1 });
  let rest = '';
  for await (const chunk of text as AsyncIterable<string>) {
    rest += chunk;
    let begin = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', begin)) {
      if (!addLine(reading, rest.slice(begin, end))) damaged += 1;
      begin = end + 1;
    }
    rest = rest.slice(begin);
  }
  addLine(reading, rest);
  return damaged;
}

function addLine(reading: JournalReading, line: string): boolean {
  const note = decodeNote(line);
  if (note !== null) reading.add(note);
  return note !== null;
}
