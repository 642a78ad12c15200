import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Clock } from './clock.js';
import { LocalClock } from './local-clock.js';
import { SystemClock } from './system-clock.js';

export interface ClockConfig {
  readonly meshEnv: 'local' | 'production';
  /** CLOCK_FILE: absent means the system's clock. */
  readonly clockFile?: string | undefined;
}

/** @throws MeshError `config-invalid` when a clock file is given in production, or cannot be read. */
export function clockFromConfig({ meshEnv, clockFile }: ClockConfig): Clock {
  if (clockFile === undefined || clockFile === '') return new SystemClock();
  if (meshEnv !== 'local')
    throw new MeshError('config-invalid', 'CLOCK_FILE is refused when MESH_ENV is production');
  return new LocalClock(clockFile);
}
