import { freePort } from '#deploy/local/free-port.js';
import { startPostgres } from '#deploy/local/postgres-server.js';
import { lockState } from '#deploy/local/state-lock.js';

/** A process to be killed by a test: it locks the folder of its argument, starts PostgreSQL there, prints its pid and waits. */
const dir = process.argv[2] ?? '';
const taken = await lockState(dir);
if (!('lock' in taken)) throw new Error('the folder is locked');
process.on('SIGINT', () => undefined); // as npm start does, which stops things in its own order
const postgres = await startPostgres({ dir, port: await freePort() });
process.stdout.write(`${postgres.process.pid}\n`);
