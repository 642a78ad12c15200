/*
 * One mail in the ledger, drawn once. `attempt` counts from 1; `phase` tells whether a byte of the body may have left.
 *
 *   not sealable ──▶ held ──a usable key──▶ prepared ◀──────────────── retry later ───────────────┐
 *                                             │ ▲                                                 │
 *              sealed bytes, Message-ID,      │ └── worker lost before the body (certainly not    │
 *              ENVID, sha256 never change     │     accepted)                                     │
 *                                             ▼                                                   │
 *                                   sending(attempt, opening) ──354──▶ sending(attempt, body) ────┤
 *                                             │                           │        │        │     │
 *                                             ▼                           ▼        ▼        ▼     │
 *                                           failed ◀── 5xx, too long ── failed  accepted  unknown ┘
 *                                                                                         │ the same bytes again
 *
 * Any state but accepted and failed ──the client withdrew──▶ stopped (what is at the relay this moment ends there first).
 *
 * accepted, failed and stopped are final for the row. `unknown` is sent again as the very same bytes under the same
 * Message-ID, so that a relay or a mail client can drop the second copy.
 */

const holdReasons = [
  'no-mailbox',
  'no-key',
  'key-expired',
  'key-unusable',
  'cannot-be-sealed',
] as const;
export type HoldReason = (typeof holdReasons)[number];

export type SendPhase = 'opening' | 'body';

const failReasons = ['refused-by-relay', 'too-long-undelivered', 'outcome-never-known'] as const;
export type FailReason = (typeof failReasons)[number];

export type SendState =
  | { readonly kind: 'held'; readonly reason: HoldReason }
  | { readonly kind: 'prepared'; readonly attempts: number; readonly unknowns: number }
  | {
      readonly kind: 'sending';
      readonly attempts: number;
      readonly unknowns: number;
      readonly phase: SendPhase;
    }
  | { readonly kind: 'unknown'; readonly attempts: number; readonly unknowns: number }
  | { readonly kind: 'accepted'; readonly attempts: number; readonly queueId: string }
  | { readonly kind: 'failed'; readonly attempts: number; readonly reason: FailReason }
  /** `mayHaveLeft`: a relay had the whole mail and its answer was lost. */
  | { readonly kind: 'stopped'; readonly mayHaveLeft: boolean };

/**
 * How one attempt at the relay ended. `reply` is the relay's reply code with its enhanced status code (RFC 3463), never its text:
 * relays repeat addresses in the text.
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly queueId: string }
  | { readonly kind: 'refused'; readonly reply: string }
  | { readonly kind: 'retry-later'; readonly reply: string }
  | { readonly kind: 'unknown'; readonly reply: string };

export type SendEvent =
  | { readonly kind: 'sealed' }
  | { readonly kind: 'attempt-started' }
  | { readonly kind: 'body-started' }
  | { readonly kind: 'ended'; readonly outcome: SendOutcome; readonly ageMs: number }
  /** The client withdrew what the mail rests on. While `sending`: the worker is lost, as below. */
  | { readonly kind: 'withdrawn' }
  /** The worker that was sending is gone; nobody knows more than the phase it had written down. */
  | { readonly kind: 'worker-lost'; readonly ageMs: number };

/** RFC 5321 §4.5.4.1: give up after 4 to 5 days at the earliest. */
const giveUpAfterMs = 5 * 24 * 60 * 60 * 1000;
/** The reader may already hold as many copies; more of them help nobody. */
const mostUnknowns = 5;

/** The state after the event, or undefined where the event cannot happen in that state: the caller's mistake, never acted on. */
export function nextSendState(state: SendState, event: SendEvent): SendState | undefined {
  switch (event.kind) {
    case 'sealed':
      return state.kind === 'held' ? { kind: 'prepared', attempts: 0, unknowns: 0 } : undefined;
    case 'attempt-started':
      return state.kind === 'prepared' || state.kind === 'unknown'
        ? {
            kind: 'sending',
            attempts: state.attempts + 1,
            unknowns: state.unknowns,
            phase: 'opening',
          }
        : undefined;
    case 'body-started':
      return state.kind === 'sending' && state.phase === 'opening'
        ? { ...state, phase: 'body' }
        : undefined;
    case 'ended':
      return state.kind === 'sending' && couldEnd(state.phase, event.outcome)
        ? afterAttempt(state, event.outcome, event.ageMs)
        : undefined;
    case 'withdrawn':
      return afterWithdrawal(state);
    case 'worker-lost':
      if (state.kind !== 'sending') return undefined;
      return afterAttempt(
        state,
        { kind: state.phase === 'body' ? 'unknown' : 'retry-later', reply: 'worker-lost' },
        event.ageMs,
      );
  }
}

function afterWithdrawal(state: SendState): SendState | undefined {
  if (state.kind === 'accepted' || state.kind === 'failed' || state.kind === 'stopped')
    return undefined;
  const hadUnknown = state.kind !== 'held' && state.unknowns > 0;
  return {
    kind: 'stopped',
    mayHaveLeft: hadUnknown || (state.kind === 'sending' && state.phase === 'body'),
  };
}

/** Before the body, nothing can be accepted and nothing can be unknown. */
const couldEnd = (phase: SendPhase, outcome: SendOutcome): boolean =>
  phase === 'body' || outcome.kind === 'refused' || outcome.kind === 'retry-later';

function afterAttempt(
  sending: { attempts: number; unknowns: number },
  outcome: SendOutcome,
  ageMs: number,
): SendState {
  const { attempts, unknowns } = sending;
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'accepted', attempts, queueId: outcome.queueId };
    case 'refused':
      return { kind: 'failed', attempts, reason: 'refused-by-relay' };
    case 'retry-later':
      return ageMs >= giveUpAfterMs
        ? { kind: 'failed', attempts, reason: 'too-long-undelivered' }
        : { kind: 'prepared', attempts, unknowns };
    case 'unknown':
      return unknowns + 1 >= mostUnknowns || ageMs >= giveUpAfterMs
        ? { kind: 'failed', attempts, reason: 'outcome-never-known' }
        : { kind: 'unknown', attempts, unknowns: unknowns + 1 };
  }
}

const second = 1000;
const minute = 60 * second;
/** Wait before attempt 2, 3, …; the last one repeats: a relay that is down for days is asked every half hour. */
const retryDelaysMs = [5 * second, 15 * second, minute, 5 * minute, 15 * minute, 30 * minute];
/** A lost answer may have been a yes: wait longer, so that a relay's own list of recent Message-IDs has caught up. */
const unknownDelaysMs = [minute, 15 * minute, 60 * minute, 4 * 60 * minute];

/** Milliseconds to wait before the next attempt at a mail in this state; 0 for one never tried. */
export function waitBeforeNextAttemptMs(
  state: Extract<SendState, { kind: 'prepared' | 'unknown' }>,
): number {
  if (state.kind === 'unknown')
    return unknownDelaysMs[Math.min(state.unknowns, unknownDelaysMs.length) - 1] ?? minute;
  return state.attempts === 0
    ? 0
    : (retryDelaysMs[Math.min(state.attempts, retryDelaysMs.length) - 1] ?? minute);
}
