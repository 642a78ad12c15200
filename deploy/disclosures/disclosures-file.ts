import { fileURLToPath } from 'node:url';

/** The page beside the table that it is written from. */
export const disclosuresFile = fileURLToPath(
  new URL('../../../libs/contracts/DISCLOSURES.md', import.meta.url),
);
