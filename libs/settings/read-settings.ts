import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';

/** The process environment, as `main.ts` hands it over. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings that every service has. `HTTP_PORT` 0 = a free one. `CLOCK_FILE` (a clock that may run fast) is refused in production.
 */
export const commonSettings = {
  MESH_ENV: z.enum(['local', 'production']),
  NATS_URL: z.string().min(1),
  HTTP_HOST: z.string().default('127.0.0.1'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  CLOCK_FILE: z.string().optional(),
};

/**
 * Reads and checks the settings of a service, once, at start. `NAME_FILE` stands for `NAME` where a secret comes as a file (the way
 * container platforms hand them over); both at once is an error.
 * @throws MeshError `config-invalid`: names every variable that is missing or wrong, never its value.
 */
export function readSettings<T extends z.ZodRawShape>(
  shape: T,
  env: Environment,
): Readonly<z.output<z.ZodObject<T>>> {
  const values: Record<string, string | undefined> = {};
  for (const name of Object.keys(shape)) values[name] = valueOf(name, env, Object.keys(shape));
  const parsed = z.object(shape).safeParse(values);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(
      (issue) =>
        `${issue.path.join('.')} (${issue.code === 'invalid_type' ? 'missing or of the wrong kind' : 'wrong'})`,
    );
    throw new MeshError(
      'config-invalid',
      `set these variables right: ${[...new Set(wrong)].join(', ')}`,
    );
  }
  const settings = parsed.data;
  const { MESH_ENV: environment, CLOCK_FILE: clockFile } = settings as {
    MESH_ENV?: string;
    CLOCK_FILE?: string;
  };
  if (environment === 'production' && clockFile !== undefined)
    throw new MeshError('config-invalid', 'CLOCK_FILE is refused when MESH_ENV is production');
  return Object.freeze(settings);
}

function valueOf(name: string, env: Environment, known: readonly string[]): string | undefined {
  const direct = env[name] === '' ? undefined : env[name];
  const fileVariable = `${name}_FILE`;
  const file = known.includes(fileVariable) ? undefined : env[fileVariable];
  if (file === undefined || file === '') return direct;
  if (direct !== undefined)
    throw new MeshError('config-invalid', `set ${name} or ${fileVariable}, not both`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new MeshError('config-invalid', `the file that ${fileVariable} names cannot be read`, {
      cause: error,
    });
  }
}
