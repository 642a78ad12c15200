import { readFileSync, statSync } from 'node:fs';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { Clock } from './clock.js';

/** mesh(t) = mesh + (t - real) × scale, all in milliseconds since the epoch. */
interface Mapping {
  readonly real: number;
  readonly mesh: number;
  readonly scale: number;
}

/** A file that changed is seen by now(), and told to listeners, within so long. */
const lookEveryMs = 50;

/**
 * A clock for demonstrations and tests, shared by all processes of a machine through one file
 * `{ "real": ISO instant, "mesh": ISO instant, "scale": number ≥ 0 }`. Whoever moves it writes a new file and renames it over the old
 * one. A file that cannot be read later on leaves the last good mapping in place: time goes on.
 */
export class LocalClock extends Clock {
  private mapping: Mapping;
  private stamp: string;
  private lookedAt = performance.now();
  private readonly listeners = new Set<() => void>();
  private readonly watcher: NodeJS.Timeout;

  /** @throws MeshError `config-invalid` when the file is missing or wrong at start. */
  constructor(private readonly path: string) {
    super();
    try {
      this.stamp = stampOf(path);
      this.mapping = readMapping(path);
    } catch (error) {
      throw new MeshError(
        'config-invalid',
        'CLOCK_FILE is not a readable { real, mesh, scale } file',
        { cause: error },
      );
    }
    // Not fs.watchFile: a change before its own first look would never be told.
    this.watcher = setInterval(() => this.look(), lookEveryMs).unref();
  }

  override now(): Date {
    if (performance.now() - this.lookedAt >= lookEveryMs) this.look();
    return this.map(Date.now());
  }

  override fromReal(real: Date): Date {
    this.now();
    return this.map(real.getTime());
  }

  override realDelayMs(until: Date, from: Date = this.now()): number {
    const left = until.getTime() - from.getTime();
    return left <= 0 ? 0 : left / this.mapping.scale;
  }

  override onChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  override stop(): void {
    this.listeners.clear();
    clearInterval(this.watcher);
  }

  private map(realMs: number): Date {
    const { real, mesh, scale } = this.mapping;
    return new Date(mesh + (realMs - real) * scale);
  }

  private look(): void {
    this.lookedAt = performance.now();
    try {
      const stamp = stampOf(this.path);
      if (stamp === this.stamp) return;
      this.mapping = readMapping(this.path);
      this.stamp = stamp;
    } catch {
      return; // half written or gone: the next look finds the whole file
    }
    for (const listener of this.listeners) listener();
  }
}

function stampOf(path: string): string {
  const { mtimeNs, ino, size } = statSync(path, { bigint: true });
  return `${mtimeNs}.${ino}.${size}`;
}

function readMapping(path: string): Mapping {
  const { real, mesh, scale } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const mapping = {
    real: Date.parse(String(real)),
    mesh: Date.parse(String(mesh)),
    scale: Number(scale),
  };
  if (
    Number.isNaN(mapping.real) ||
    Number.isNaN(mapping.mesh) ||
    typeof scale !== 'number' ||
    !(scale >= 0) ||
    !Number.isFinite(scale)
  )
    throw new RangeError('real and mesh must be instants, scale a number of 0 or more');
  return mapping;
}
