import { fileURLToPath } from 'node:url';

/** Where the sample's JSON files lie: in the source tree, since they are meant to be read and edited, seen from `dist/deploy/sample/`. */
export const sampleFolder = fileURLToPath(new URL('../../../deploy/sample/', import.meta.url));
