import { availableParallelism, loadavg } from 'node:os';

/** How many times longer than an idle one this machine took at the start of the run (`test/run/measure-pace.ts`); 1 outside a run of tests. */
const measured = Math.max(1, Number(process.env['TEST_PACE'] ?? 1));

/** How many processes wanted each core in the last minute: others may have begun to work since the start. */
const wanted = (): number => (loadavg()[0] ?? 0) / availableParallelism();

/** On a machine that is slower still, no deadline would help: a test that hangs has to end within the hour. */
const most = 8;

/** A deadline for this machine, now. `ms` is generous on an idle one, and only a failing test waits for it. */
export const allow = (ms: number): number =>
  Math.ceil(ms * Math.min(most, Math.max(measured, wanted())));
