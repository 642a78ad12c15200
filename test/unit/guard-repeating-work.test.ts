import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { RepeatingWork } from '#services/consent-guard/adapters/repeating-work.js';
import { newSignal } from '#test/support/signal.js';

const hourMs = 3_600_000;
const log = pino({ enabled: false });
let work: RepeatingWork | undefined;
afterEach(() => work?.stop());

/** Work whose every run begins by taking the next signal, and ends when that is given. */
function held(...signals: ReturnType<typeof newSignal>[]) {
  const state = { begun: 0, atOnce: 0, mostAtOnce: 0 };
  const run = async (): Promise<void> => {
    state.begun += 1;
    state.atOnce += 1;
    state.mostAtOnce = Math.max(state.mostAtOnce, state.atOnce);
    await signals[state.begun - 1]?.given;
    state.atOnce -= 1;
  };
  work = new RepeatingWork({ everyMs: hourMs, log, failure: 'failed', run });
  return { work, state };
}

describe('work that repeats', () => {
  it('runs once more when it is woken during a run, however often', async () => {
    const [first, second] = [newSignal(), newSignal()];
    const { work: woken, state } = held(first, second);
    woken.wake();
    woken.wake();
    woken.wake();
    expect(state.begun).toBe(1);
    first.give();
    await new Promise(setImmediate);
    expect(state).toMatchObject({ begun: 2, mostAtOnce: 1 });
    second.give();
    await new Promise(setImmediate);
    expect(state.begun).toBe(2);
  });

  it('runs again after a run that failed', async () => {
    let runs = 0;
    const run = (): Promise<never> => {
      runs += 1;
      return Promise.reject(new Error('no database'));
    };
    work = new RepeatingWork({ everyMs: hourMs, log, failure: 'failed', run });
    work.wake();
    work.wake();
    await new Promise(setImmediate);
    expect(runs).toBe(2);
  });

  it('ends with the run under way when it is stopped, and is not woken again', async () => {
    const first = newSignal();
    const { work: stopped, state } = held(first);
    stopped.wake();
    stopped.wake();
    const ended = stopped.stop();
    first.give();
    await ended;
    stopped.wake();
    expect(state.begun).toBe(1);
  });
});
