import { availableParallelism, loadavg } from 'node:os';

/** How many times longer than an idle one this machine took at the start of the run (`test/run/measure-pace.ts`); 1 outside a run of tests. */
const measured = Math.max(1, Number(process.env['TEST_PACE'] ?? 1));

/** How many processes wanted each core in the last minute: others may have begun to work since the start. */
const wanted = (): number => (loadavg()[0] ?? 0) / availableParallelism();

/** A deadline for this machine, now. `ms` is generous on an idle one, and only a failing test waits for it. */
export const allow = (ms: number): number => Math.ceil(ms * Math.max(measured, wanted()));
