import { MeshError } from '#libs/contracts/mesh-error.js';

export interface OperatorConfig {
  readonly natsUrl: string;
  /** File with the nkey seed of svc_ops. */
  readonly seedFile: string;
  readonly meshEnv: 'local' | 'production';
  readonly clockFile: string | undefined;
}

/** What a flag of the command line says goes before the environment. */
export interface OperatorFlags {
  readonly natsUrl?: string | undefined;
  readonly seed?: string | undefined;
}

/** @throws MeshError `config-invalid` naming the variable that is missing or wrong. */
export function readConfig(flags: OperatorFlags = {}, env: NodeJS.ProcessEnv = process.env): OperatorConfig {
  const meshEnv = env['MESH_ENV'] ?? 'production';
  if (meshEnv !== 'local' && meshEnv !== 'production') throw new MeshError('config-invalid', 'MESH_ENV must be local or production');
  return Object.freeze({
    natsUrl: flags.natsUrl ?? required(env, 'NATS_URL', '--nats-url'),
    seedFile: flags.seed ?? required(env, 'NATS_SEED_FILE', '--seed'),
    meshEnv,
    clockFile: env['CLOCK_FILE'],
  });
}

function required(env: NodeJS.ProcessEnv, name: string, flag: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new MeshError('config-invalid', `${name} is not set (or give ${flag})`);
  return value;
}
