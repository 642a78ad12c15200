import { readSignerKey } from '#libs/evidence/note-keys.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { EvidenceSealer } from '#services/consent-guard/adapters/evidence.sealer.js';

// A sealer and nothing else, without a pause, to be killed: `node sealer-main.js <database url> <signer key>`.
const [url = '', key = ''] = process.argv.slice(2);
const pool = connectDatabase({ url, applicationName: 'sealer' });
const sealer = new EvidenceSealer({ pool, signer: readSignerKey(key), onTrouble: () => undefined });
process.stdout.write('ready\n');
for (;;) await sealer.seal();
