// `npm run notices`: writes deploy/NOTICES.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderNotices } from './render-notices.mjs';

const lock = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
writeFileSync(new URL('../NOTICES.md', import.meta.url), renderNotices(lock));
