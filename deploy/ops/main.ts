import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runOperator } from '#services/operator/run-operator.js';
import { LocalKeyFile } from './local.key-file.js';
import { LocalProvisioner } from './local.provisioner.js';

// The operator's tool beside a mesh of this machine: `npm run ops -- [--folder <its folder>] <command>`. `npm start` leaves NATS_URL,
// NATS_SEED_FILE, MESH_ENV, CLOCK_FILE and MESH_STATE_FILE in ops.env of its folder; what is set in the environment goes before it.
const given = process.argv.slice(2);
const [folder, args] = given[0] === '--folder' ? [given[1] ?? '', given.slice(2)] : ['var', given];
const envFile = join(folder, 'ops.env');
if (existsSync(envFile)) process.loadEnvFile(envFile);
const isSomewhere = process.env['NATS_URL'] !== undefined;
// Proofs are checked, and help is given, without a mesh.
const needsMesh =
  args.length > 0 && !args.some((arg) => ['--help', '-h', 'help', 'verify'].includes(arg));
const stateFile = process.env['MESH_STATE_FILE'];

if (!isSomewhere && needsMesh) {
  console.error(
    `no mesh was started in ${folder}: npm start, or npm run ops -- --folder <its folder> …`,
  );
  process.exitCode = 1;
} else {
  process.exitCode = await runOperator([...args], {
    out: (line) => console.log(line),
    err: (line) => console.error(line),
    ...(stateFile === undefined
      ? {}
      : { provisioner: new LocalProvisioner(stateFile), keyFile: new LocalKeyFile(stateFile) }),
  });
}
