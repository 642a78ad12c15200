import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** mesh(t) = mesh + (t - real) × scale. */
interface Mapping {
  readonly real: string;
  readonly mesh: string;
  readonly scale: number;
}

export interface Advance {
  /** Longest single stride; default a week. Timers that lie within one stride fire together, in their order. */
  readonly strideMs?: number;
  /** Real time between two strides; default 150: every process sees the new time within 50. */
  readonly pauseMs?: number;
  readonly onStride?: (now: Date) => void;
}

const weekMs = 7 * 24 * 3_600_000;
const usualPauseMs = 150;

/**
 * Moves the local clock that all services of one machine share (`libs/clock` LocalClock) through its file. Between moves it runs at scale
 * 1. Never moves it back: what was stamped stays in the past. Production refuses the file.
 */
export class LocalClockControl {
  private constructor(private readonly path: string) {}

  /**
   * Opens the clock's file; makes one that shows `startsAt` when there is none, real time by default. A clock that is there already is
   * moved on to `startsAt`.
   * @throws Error when that would move it back
   */
  static async open(path: string, startsAt?: Date): Promise<LocalClockControl> {
    const control = new LocalClockControl(path);
    if (!existsSync(path)) await control.set(startsAt ?? new Date());
    else if (startsAt !== undefined) await control.#startAgain(startsAt);
    return control;
  }

  /** Mesh time. */
  now(): Date {
    const { real, mesh, scale } = JSON.parse(readFileSync(this.path, 'utf8')) as Mapping;
    return new Date(Date.parse(mesh) + (Date.now() - Date.parse(real)) * scale);
  }

  /** One move: everything between now and then falls due at once. Returns when every process has seen it. */
  async jumpTo(instant: Date, pauseMs = usualPauseMs): Promise<void> {
    if (instant.getTime() > this.now().getTime()) await this.set(instant);
    await delay(pauseMs);
  }

  /** Runs fast to an instant, in strides that end exactly there. */
  async advanceTo(
    instant: Date,
    { strideMs = weekMs, pauseMs = usualPauseMs, onStride }: Advance = {},
  ): Promise<void> {
    while (this.now().getTime() < instant.getTime()) {
      const next = new Date(Math.min(instant.getTime(), this.now().getTime() + strideMs));
      await this.jumpTo(next, pauseMs);
      onStride?.(next);
    }
  }

  async #startAgain(startsAt: Date): Promise<void> {
    const shown = this.now();
    if (startsAt < shown)
      throw new Error(
        `${this.path} shows ${shown.toISOString()} and cannot be set back to ${startsAt.toISOString()}: delete its folder, or name another`,
      );
    await this.set(startsAt);
  }

  /** Whole or not at all: readers see the old file or the new one. */
  private async set(mesh: Date, scale = 1): Promise<void> {
    const mapping: Mapping = { real: new Date().toISOString(), mesh: mesh.toISOString(), scale };
    await mkdir(dirname(this.path), { recursive: true });
    const beside = `${this.path}.${process.pid}.new`;
    await writeFile(beside, `${JSON.stringify(mapping)}\n`);
    await rename(beside, this.path);
  }
}
