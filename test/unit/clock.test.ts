import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import type { Clock } from '#libs/clock/clock.js';
import { SystemClock } from '#libs/clock/system-clock.js';
import { until } from '#test/support/until.js';

let directory: string;
let file: string;
let clock: Clock | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tc-clock-'));
  file = join(directory, 'clock.json');
});
afterEach(() => {
  clock?.stop();
  clock?.stop(); // stopping twice is no error
  clock = undefined;
  rmSync(directory, { recursive: true });
});

function set(mesh: string, scale: number, real = new Date()): void {
  writeFileSync(`${file}.new`, JSON.stringify({ real: real.toISOString(), mesh, scale }));
  renameSync(`${file}.new`, file);
}
const local = () => (clock ??= clockFromConfig({ meshEnv: 'local', clockFile: file }));

describe('the local clock', () => {
  it('maps real instants at its pace and says how long to wait in real time', () => {
    set('2026-03-02T09:00:00.000Z', 3600, new Date('2026-01-01T00:00:00.000Z'));
    const at = local().fromReal(new Date('2026-01-01T00:00:02.000Z'));
    expect(at.toISOString()).toBe('2026-03-02T11:00:00.000Z');
    const now = local().now();
    expect(local().realDelayMs(new Date(now.getTime() + 3_600_000))).toBeLessThanOrEqual(1_000);
    expect(local().realDelayMs(new Date(now.getTime() - 1))).toBe(0);
  });

  it('jumps forward and back when its file changes, says so, and keeps going when the file is broken', async () => {
    set('2026-03-02T09:00:00.000Z', 0);
    const c = local();
    let changes = 0;
    c.onChanged(() => (changes += 1));
    expect(c.realDelayMs(new Date('2026-03-02T09:00:01.000Z'))).toBe(Infinity);
    set('2027-01-01T00:00:00.000Z', 0);
    await until('it is told', () => changes === 1);
    expect(c.now().toISOString()).toBe('2027-01-01T00:00:00.000Z');
    set('2025-01-01T00:00:00.000Z', 0);
    await until('it goes back', () => c.now().getUTCFullYear() === 2025);
    writeFileSync(file, '{ "real": ');
    const brokenAt = performance.now();
    await until(
      'the broken file was looked at',
      () => c.now().getUTCFullYear() === 2025 && performance.now() - brokenAt > 60,
    );
    set('2025-02-01T00:00:00.000Z', 0);
    await until('it is read again', () => c.now().getUTCMonth() === 1);
  });

  it('is refused in production, and when its file is missing or wrong', () => {
    const refused = expect.objectContaining({ code: 'config-invalid' });
    expect(() => local()).toThrow(refused);
    set('2026-03-02T09:00:00.000Z', -1);
    expect(() => local()).toThrow(refused);
    set('2026-03-02T09:00:00.000Z', 1);
    expect(() => clockFromConfig({ meshEnv: 'production', clockFile: file })).toThrow(refused);
    expect(clockFromConfig({ meshEnv: 'production' })).toBeInstanceOf(SystemClock);
  });
});
