import { Command, CommanderError } from 'commander';
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Environment } from '#libs/settings/read-settings.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { addAgreementCommands } from './adapters/agreement.commands.js';
import { addClientViewCommands } from './adapters/client-view.commands.js';
import { addDirectoryCommands } from './adapters/directory.command.js';
import { addEvidenceCommands } from './adapters/evidence.commands.js';
import { NatsDesk } from './adapters/nats.desk.js';
import type { OperatorContext } from './adapters/operator-context.js';
import { addKeyCommands } from './adapters/key.commands.js';
import { addPartyCommand } from './adapters/party.command.js';
import { addOfficeCommands, addPersonCommands } from './adapters/person.commands.js';
import { addRecordCommands } from './adapters/record.commands.js';
import { type OperatorFlags, readClockConfig, readConfig } from './config.js';
import type { KeyFile } from './domain/key-file.js';
import type { MeshDesk } from './domain/mesh-desk.js';
import type { PartyProvisioner } from './domain/party-provisioner.js';

export interface OperatorHost {
  /** Default: the process's own. */
  readonly env?: Environment;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Without one there is no `party add`: where parties get their accounts is the deployment's business. */
  readonly provisioner?: PartyProvisioner;
  /** Without one `keys` shows and changes nothing: the guard's keys are the deployment's business. */
  readonly keyFile?: KeyFile;
}

/** Runs one command line, without the program's name; gives the exit code. Failures are one line on `err`; nothing is thrown. */
export async function runOperator(args: readonly string[], host: OperatorHost): Promise<number> {
  let code = 0;
  const program = new Command('ops')
    .description("the operator's tool of the mesh, with the key of svc_ops")
    .option('--nats-url <url>', 'broker; else NATS_URL')
    .option('--seed <file>', "file with the operator's nkey seed; else NATS_SEED_FILE")
    .option('--json', 'print JSON')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.out(text.trimEnd()),
      writeErr: (text) => host.err(text.trimEnd()),
    });
  const flags = (): OperatorFlags & { json?: boolean } => program.opts();
  const context: OperatorContext = {
    withDesk: (work) => withDesk(host, flags(), work),
    now: () => meshNow(host),
    show: (answer, text) =>
      host.out(flags().json === true ? JSON.stringify(answer, null, 2) : text),
    fail: (line) => {
      host.err(line);
      code = 1;
    },
  };
  addDirectoryCommands(program, context);
  addPersonCommands(program, context);
  addOfficeCommands(program, context);
  addAgreementCommands(program, context);
  addRecordCommands(program, context);
  addEvidenceCommands(program, context);
  addClientViewCommands(program, context);
  addKeyCommands(program, context, host.keyFile);
  if (host.provisioner !== undefined) addPartyCommand(program, context, host.provisioner);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode; // commander has said its line
    context.fail(lineOf(error));
  }
  return code;
}

async function withDesk<T>(
  host: OperatorHost,
  flags: OperatorFlags,
  work: (desk: MeshDesk) => Promise<T>,
): Promise<T> {
  const config = readConfig(flags, host.env);
  const clock = clockFromConfig({ meshEnv: config.MESH_ENV, clockFile: config.CLOCK_FILE });
  const connection = await connectMesh({
    url: config.NATS_URL,
    seedFile: config.NATS_SEED_FILE,
    name: 'svc_ops',
    waitMs: 5_000,
  });
  const desk = new NatsDesk(connection, clock);
  try {
    return await work(desk);
  } finally {
    await desk.close();
    clock.stop();
  }
}

/** For commands that do not go by the broker and so need none of its settings. */
function meshNow(host: OperatorHost): Date {
  const clock = clockFromConfig(readClockConfig(host.env));
  const now = clock.now();
  clock.stop();
  return now;
}

function lineOf(error: unknown): string {
  if (error instanceof MeshError) return `${error.code}: ${error.message}`;
  return `internal: ${(error as Error).message}`.split('\n')[0] ?? 'internal';
}
