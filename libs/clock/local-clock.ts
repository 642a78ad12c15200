import { readFileSync, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { Clock } from './clock.js';

/** mesh(t) = mesh + (t - real) × scale, all in milliseconds since the epoch. */
interface Mapping {
  readonly real: number;
  readonly mesh: number;
  readonly scale: number;
}

/** A file that changed is seen by `now()` within so long. */
const lookEveryMs = 50;
/** Listeners are told as soon as the system says that something in the file's folder changed; where it does not say, within so long. */
const listenEveryMs = 1_000;

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
  private readonly stopWatching: () => void;

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
    this.stopWatching = watchFolder(dirname(path), () => this.look());
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
    this.stopWatching();
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

/** The folder, for a new file is renamed over the old one. A machine that has no watch left to give is asked again and again instead. */
function watchFolder(folder: string, onChange: () => void): () => void {
  const timer = setInterval(onChange, listenEveryMs).unref();
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on('error', () => undefined);
    return () => {
      clearInterval(timer);
      watcher.close();
    };
  } catch {
    return () => clearInterval(timer);
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
