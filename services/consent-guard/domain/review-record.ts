import { type Find, threadOf } from './case-past.js';
import type { GuardRecord } from './guard-record.js';

/** How a review stands: drawn at `reviewMessages`. `held` and `cancelled` are its ends. */
type ReviewState =
  'requested' | 'offered' | 'accepted' | 'declined' | 'held' | 'not-held' | 'cancelled';

/** A review over its offers and moves. `offer`: the time offered last; `latest`: the message that brought it to its state. */
export interface Review {
  readonly root: string;
  readonly state: ReviewState;
  readonly offer: GuardRecord | undefined;
  readonly latest: GuardRecord;
}

/** The request that a review began with; undefined where the record is not of a review. */
export const requestOf = (record: GuardRecord, find: Find): GuardRecord | undefined =>
  threadOf(record, find).find(({ name }) => name === 'review.requested');

const stateAfter: Readonly<Record<string, ReviewState>> = {
  'review.requested': 'requested',
  'review.offered': 'offered',
  'review.moved': 'offered',
  'review.accepted': 'accepted',
  'review.declined': 'declined',
  'review.held': 'held',
  'review.not-held': 'not-held',
  'review.cancelled': 'cancelled',
};

/** The review that a message is of, as it stands after `known`. */
export function reviewOf(
  record: GuardRecord,
  known: readonly GuardRecord[],
  find: Find,
): Review | undefined {
  const root = requestOf(record, find);
  if (root === undefined) return undefined;
  let review: Review = { root: root.id, state: 'requested', offer: undefined, latest: root };
  for (const each of known) {
    const state = stateAfter[each.name];
    if (state === undefined || requestOf(each, find)?.id !== root.id) continue;
    const offer = state === 'offered' ? each : review.offer;
    review = { ...review, state, offer, latest: each };
  }
  return review;
}

/** A time is offered or agreed, and nothing has ended it. */
export const isTimeOpen = ({ state }: Review): boolean =>
  state === 'offered' || state === 'accepted';

/** Nothing more comes of it. */
export const isOver = ({ state }: Review): boolean => state === 'held' || state === 'cancelled';
