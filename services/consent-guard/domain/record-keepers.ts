import { type GuardRecord, isCleared } from './guard-record.js';
import type { Line } from './rests-on-lines.js';

type Numbered = GuardRecord & { readonly seq: number };

/**
 * Who took a DPA1 that the client took back elsewhere keeps the client's problem on its record, though nothing was delivered to it: the
 * newest consent of each such agency, as if its taker had got it. The agency that recorded the withdrawal knows.
 */
export function keptUnder<R extends Numbered>(
  lines: readonly Line[],
  records: ReadonlyMap<string, R>,
  withdrawal: string,
): readonly R[] {
  const ended = new Set(
    lines
      .filter(({ from, to, purpose }) => purpose === 'record-on-lms' && from === to)
      .map(({ to }) => to),
  );
  ended.delete(records.get(withdrawal)?.senderAgency ?? '');
  const newest = new Map<string, R>();
  for (const record of records.values()) {
    const { name, facts, senderAgency } = record;
    const isDpa1 = name === 'consent.recorded' && facts['form'] === 'DPA1' && isCleared(record);
    if (!isDpa1 || !ended.has(senderAgency)) continue;
    if (record.seq > (newest.get(senderAgency)?.seq ?? -1)) newest.set(senderAgency, record);
  }
  return [...newest.values()].map((consent) => ({
    ...consent,
    recipient: consent.sender,
    recipientKind: consent.senderKind === 'guard' ? undefined : consent.senderKind,
    recipientAgency: consent.senderAgency,
  }));
}

/**
 * What the router has to know of a withdrawal, to end nothing that rests on another consent: the form, and what is kept. The case in which it
 * was recorded may be another one. Facts reach no agency: the instruction itself says nothing.
 */
export function takenBack(withdrawal: GuardRecord | undefined): GuardRecord['facts'] {
  const { form, keep } = withdrawal?.facts ?? {};
  return { ...(form === undefined ? {} : { form }), ...(keep === undefined ? {} : { keep }) };
}
