import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this copy of the project. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the launcher fetches stays inside the project, so that it can be deleted with it. */
export const TOOLCHAIN_DIR = join(ROOT, '.toolchain');
