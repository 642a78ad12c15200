import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  nextSendState,
  type SendEvent,
  type SendOutcome,
  type SendState,
  waitBeforeNextAttemptMs,
} from '#services/notifier/domain/send-ledger.js';

const prepared: SendState = { kind: 'prepared', attempts: 0, unknowns: 0 };
const after = (events: readonly SendEvent[], from: SendState = prepared): SendState | undefined =>
  events.reduce<SendState | undefined>(
    (state, event) => (state === undefined ? undefined : nextSendState(state, event)),
    from,
  );
const started: SendEvent[] = [{ kind: 'attempt-started' }];
const body: SendEvent[] = [...started, { kind: 'body-started' }];
const ended = (outcome: SendOutcome, ageMs = 0): SendEvent => ({ kind: 'ended', outcome, ageMs });
const days = 24 * 60 * 60 * 1000;

describe('the send ledger', () => {
  it('ends at accepted with the queue id the relay gave', () => {
    expect(after([...body, ended({ kind: 'accepted', queueId: 'Q1' })])).toEqual({
      kind: 'accepted',
      attempts: 1,
      queueId: 'Q1',
    });
  });

  it('fails for good on a permanent refusal', () => {
    expect(after([...body, ended({ kind: 'refused', reply: '550 5.1.1' })])).toEqual({
      kind: 'failed',
      attempts: 1,
      reason: 'refused-by-relay',
    });
  });

  it('goes back to prepared when the relay says later, and waits longer each time', () => {
    let state: SendState = prepared;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      if (state.kind !== 'prepared') throw new Error('expected prepared');
      waits.push(waitBeforeNextAttemptMs(state));
      state = after([...started, ended({ kind: 'retry-later', reply: '451' })], state) ?? state;
    }
    expect(waits[0]).toBe(0);
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);
    expect(waits.at(-1)).toBe(30 * 60 * 1000);
  });

  it('gives up after five days', () => {
    expect(
      after([...started, ended({ kind: 'retry-later', reply: '451' }, 5 * days - 1)])?.kind,
    ).toBe('prepared');
    expect(
      after([...started, ended({ kind: 'retry-later', reply: '451' }, 5 * days)]),
    ).toMatchObject({
      kind: 'failed',
      reason: 'too-long-undelivered',
    });
  });

  it('calls a worker lost after the body began unknown, and one lost before it certainly not accepted', () => {
    expect(after([...body, { kind: 'worker-lost', ageMs: 0 }])).toEqual({
      kind: 'unknown',
      attempts: 1,
      unknowns: 1,
    });
    expect(after([...started, { kind: 'worker-lost', ageMs: 0 }])).toEqual({
      kind: 'prepared',
      attempts: 1,
      unknowns: 0,
    });
  });

  it('sends what is unknown again, and stops after five lost answers', () => {
    let state: SendState = prepared;
    for (let i = 0; i < 5; i += 1)
      state = after([...body, ended({ kind: 'unknown', reply: 'ECONNECTION' })], state) ?? state;
    expect(state).toEqual({ kind: 'failed', attempts: 5, reason: 'outcome-never-known' });
  });

  it('is sealed out of held once a key came', () => {
    expect(nextSendState({ kind: 'held', reason: 'no-key' }, { kind: 'sealed' })).toEqual(prepared);
    expect(
      nextSendState({ kind: 'held', reason: 'no-key' }, { kind: 'attempt-started' }),
    ).toBeUndefined();
  });

  it('is stopped by a withdrawal wherever it stands, and says where a relay may have it', () => {
    const withdrawn = { kind: 'withdrawn' } as const;
    expect(nextSendState({ kind: 'held', reason: 'no-key' }, withdrawn)).toEqual({
      kind: 'stopped',
      mayHaveLeft: false,
    });
    expect(nextSendState(prepared, withdrawn)).toEqual({ kind: 'stopped', mayHaveLeft: false });
    expect(nextSendState({ kind: 'unknown', attempts: 1, unknowns: 1 }, withdrawn)).toEqual({
      kind: 'stopped',
      mayHaveLeft: true,
    });
    const lost = { kind: 'sending', attempts: 1, unknowns: 0 } as const;
    expect(nextSendState({ ...lost, phase: 'opening' }, withdrawn)).toEqual({
      kind: 'stopped',
      mayHaveLeft: false,
    });
    expect(nextSendState({ ...lost, phase: 'body' }, withdrawn)).toEqual({
      kind: 'stopped',
      mayHaveLeft: true,
    });
  });

  it('never leaves accepted, failed or stopped, whatever happens', () => {
    const outcome = fc.constantFrom<SendOutcome>(
      { kind: 'accepted', queueId: 'Q' },
      { kind: 'refused', reply: '550' },
      { kind: 'retry-later', reply: '451' },
      { kind: 'unknown', reply: 'ECONNECTION' },
    );
    const event: fc.Arbitrary<SendEvent> = fc.oneof(
      fc.constantFrom<SendEvent>(
        { kind: 'sealed' },
        { kind: 'withdrawn' },
        { kind: 'attempt-started' },
        { kind: 'body-started' },
      ),
      fc.record({ kind: fc.constant('worker-lost' as const), ageMs: fc.nat(6 * days) }),
      fc.record({ kind: fc.constant('ended' as const), outcome, ageMs: fc.nat(6 * days) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state: SendState = prepared;
        let final: SendState | undefined;
        let bodies = 0;
        for (const each of events) {
          const next = nextSendState(state, each);
          if (final !== undefined) expect(next).toBeUndefined();
          if (next === undefined) continue;
          if (each.kind === 'body-started') bodies += 1;
          state = next;
          if (state.kind === 'accepted' || state.kind === 'failed' || state.kind === 'stopped')
            final = state;
        }
        if (state.kind === 'unknown') expect(bodies).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
