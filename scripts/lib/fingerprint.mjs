import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const NOT_SOURCES = new Set(['node_modules', 'dist', 'coverage']);

/** Every file below `dir`, made or installed ones left out. */
export function filesBelow(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_SOURCES.has(entry.name)) return [];
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** SHA-256 over the names (relative to `root`) and contents of the files: equal when nothing has changed. */
export function fingerprint(root, files, ...more) {
  const hash = createHash('sha256');
  for (const path of [...files].sort()) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.update(more.join('\0')).digest('hex');
}

/** The text of a stamp file, or null when there is none. */
export function readStamp(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
