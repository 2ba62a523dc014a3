import { asRecord, type JsonRecord, parseJson } from '@crs/platform-kit';
import { deltaBytes, itemBytes } from './streamed-text.js';

/** Kinds of pieces come and go; all of them end so. */
const CONTENT = /\.(?:delta|done|partial_image)$/;

/** The event is generated content: a client that has got it has got something for its money. */
export const isContent = (name: string): boolean => CONTENT.test(name);

const BYTES_PER_TOKEN = 4;
/** The smallest finished picture (1024 pixels square, low quality) is 272 tokens of output. */
const PICTURE_BYTES = 272 * BYTES_PER_TOKEN;
/** Each picture that is shown before it is finished is charged as 100 tokens. */
const PARTIAL_PICTURE_BYTES = 100 * BYTES_PER_TOKEN;
/** A token is 50 ms of sound, and no upstream sends it in shorter pieces. */
const SOUND_BYTES = BYTES_PER_TOKEN;

/** Sound comes as base64, which is no text; what is said in it comes as a transcript beside it. */
const SOUND: ReadonlySet<string> = new Set(['response.audio.delta', 'response.output_audio.delta']);
const PICTURE = 'image_generation_call';

/** The same text may come in pieces, then whole, then in its part and in its item: each of these is counted by itself. */
interface TextBytes {
  deltas: number;
  texts: number;
  parts: number;
  items: number;
}

/** Sums up what a stream of an answer has brought, as a floor for what it has cost. */
export class StreamedContent {
  private readonly text: TextBytes = { deltas: 0, texts: 0, parts: 0, items: 0 };
  private mediaBytes = 0;
  private hasBegun = false;

  /** UTF-8 bytes of text, and what pictures and sound cost in its place; never nothing once any content was seen. */
  get bytes(): number {
    const { deltas, texts, parts, items } = this.text;
    return Math.max(this.hasBegun ? 1 : 0, Math.max(deltas, texts, parts, items) + this.mediaBytes);
  }

  /** An event of the Responses API for which `isContent` holds. */
  add(name: string, data: string): void {
    this.hasBegun = true;
    if (SOUND.has(name)) this.mediaBytes += SOUND_BYTES;
    else if (name.endsWith('.delta')) this.text.deltas += deltaBytes(data);
    else if (name.endsWith('.partial_image')) this.mediaBytes += PARTIAL_PICTURE_BYTES;
    else this.addFinished(asRecord(parseJson(data)) ?? {});
  }

  /** The text of a piece of chat completions, which comes once. */
  addChunk(bytes: number): void {
    this.hasBegun = true;
    this.text.deltas += bytes;
  }

  private addFinished(event: JsonRecord): void {
    const [item, part] = [asRecord(event['item']), asRecord(event['part'])];
    if (item?.['type'] === PICTURE) this.mediaBytes += PICTURE_BYTES;
    else if (item !== null) this.text.items += itemBytes(item);
    else if (part !== null) this.text.parts += itemBytes(part);
    else this.text.texts += itemBytes(event);
  }
}
