import { createClassifier } from '@crs/platform-kit';

/** As every platform does, with no words of the vendor's own. */
export const classifyFailure = createClassifier({});
