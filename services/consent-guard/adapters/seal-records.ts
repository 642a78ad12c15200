import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { readEvidenceKey } from './evidence-key.js';
import { EvidenceSealer } from './evidence.sealer.js';
import type { SealingTask } from './sealing-thread.js';

// The sealing thread: what goes wrong is told to the thread that started it; any message from there ends it.
const { databaseUrl, applicationName, keyFile } = workerData as SealingTask;
// Where the processor is short, messages go first: on Linux this is the niceness of this thread alone. At 5 it gets a third of a share.
setPriority(5);
const onTrouble = (error: unknown): void => parentPort?.postMessage(error);
const pool = connectDatabase({ url: databaseUrl, applicationName, max: 1, onError: onTrouble });
const sealer = new EvidenceSealer({ pool, signer: readEvidenceKey(keyFile), onTrouble });
sealer.start();
parentPort?.once('message', () => {
  void sealer.stop().then(() => pool.end());
});
