import { writeFile } from 'node:fs/promises';
import { disclosuresFile } from './disclosures-file.js';
import { renderDisclosures } from './render-disclosures.js';

/** `npm run disclosures`: writes the page for a data-protection officer, and prints it. */
const page = renderDisclosures();
await writeFile(disclosuresFile, page);
process.stdout.write(page);
