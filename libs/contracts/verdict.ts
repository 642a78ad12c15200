import type { MeshErrorCode } from './error-codes.js';

export const verdictKinds = [
  'cleared',
  'cleared-in-part',
  'refused',
  'waiting',
  'stopped',
] as const;
export type VerdictKind = (typeof verdictKinds)[number];

/**
 * What the guard decided of one message. `waiting`: addressed to a role in an area, held until the router names a party.
 * `stopped`: cleared or waiting once, and ended by a second record (withdrawal, a consent that is narrower by now, route timeout) before it was
 * collected.
 */
export type Verdict =
  | { readonly kind: 'cleared' }
  | { readonly kind: 'cleared-in-part' }
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'refused';
      readonly reason: MeshErrorCode;
      readonly field?: string;
      readonly detail?: string;
    }
  | { readonly kind: 'stopped'; readonly reason: StopReason };

export const stopReasons = [
  'withdrawn',
  'consent-changed',
  'withdrawn-elsewhere',
  'limited-elsewhere',
  'route-timeout',
  'unroutable',
  'no-consent-on-record',
] as const;
export type StopReason = (typeof stopReasons)[number];

/**
 * Another agency than the sender's recorded that the client took the consent back, or limited it. The sender may not learn of that: to the
 * sender the message stands as it was cleared, and the answer does not come, as where nobody answers.
 */
export const isUntoldStop = (reason: string | undefined): boolean =>
  reason === 'withdrawn-elsewhere' || reason === 'limited-elsewhere';
