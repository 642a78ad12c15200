import { existsSync } from 'node:fs';
import { runOperator } from '#services/operator/run-operator.js';
import { LocalKeyFile } from './local.key-file.js';
import { LocalProvisioner } from './local.provisioner.js';

// The operator's tool beside a mesh of this machine: `npm run ops -- <command>`. `npm start` leaves NATS_URL, NATS_SEED_FILE, MESH_ENV,
// CLOCK_FILE and MESH_STATE_FILE in var/ops.env; what is set in the environment goes before it.
const envFile = 'var/ops.env';
if (existsSync(envFile)) process.loadEnvFile(envFile);
const stateFile = process.env['MESH_STATE_FILE'];

process.exitCode = await runOperator(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  ...(stateFile === undefined ? {} : { provisioner: new LocalProvisioner(stateFile), keyFile: new LocalKeyFile(stateFile) }),
});
