import { writeFile } from 'node:fs/promises';
import { readmeNow, readmeUrl } from './steps-table.js';

/** `npm run steps`: writes the table of steps into the router's README, as the contracts have it. */
await writeFile(readmeUrl, await readmeNow());
