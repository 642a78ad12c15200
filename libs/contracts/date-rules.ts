import type { MessageName } from './message-table.js';
import type { Problem } from './problem.js';
import { isNo } from './readable-no.js';

/** `now` stands for the moment of reading; against it a day is allowed for days (zones), five minutes for instants (clocks). */
type DateOrder = readonly [earlier: string, later: string];

const always: readonly DateOrder[] = [['client.dateOfBirth', 'now']];

const ordersOf: Partial<Record<MessageName, readonly DateOrder[]>> = {
  'consent.recorded': [
    ['takenAt', 'now'],
    ['validFrom', 'validUntil'],
    ['takenAt', 'validUntil'],
    ['now', 'validUntil'],
  ],
  'client-view.requested': [['clientAskedOn', 'now']],
  'directory.agreement-put': [
    ['signedOn', 'now'],
    ['signedOn', 'until'],
  ],
  'appointment.booked': [['now', 'startsAt']],
  'appointment.moved': [['now', 'startsAt']],
  'appointment.attended': [['on', 'now']],
  'appointment.did-not-attend': [['on', 'now']],
  'provider.notice': [['on', 'now']],
  'careplan.agreed': [['agreedOn', 'now']],
  'careplan.reviewed': [['heldOn', 'now']],
  'tpr2.shared': [
    ['client.dateOfBirth', 'structuredTreatmentStartedOn'],
    ['structuredTreatmentStartedOn', 'now'],
  ],
  'tpr2.receipt-noted': [['notedOn', 'now']],
  'tpr2.no-trace': [['checkedOn', 'now']],
  'claim.started': [['startedOn', 'now']],
  'claim.ended': [['endedOn', 'now']],
  'outcome-profile.recorded': [['on', 'now']],
  'review.requested': [['now', 'wantedBy']],
  'review.offered': [['now', 'startsAt']],
  'review.moved': [['now', 'startsAt']],
  'review.held': [['heldOn', 'now']],
  'review.not-held': [['on', 'now']],
  'review.outcome': [['now', 'nextReviewOn']],
};

const ordersWith: ReadonlyMap<string, readonly DateOrder[]> = new Map(
  Object.entries(ordersOf).map(([name, orders]) => [name, [...always, ...orders]]),
);
/** Taken apart once, not for each message. */
const namesIn: ReadonlyMap<string, readonly string[]> = new Map(
  [...always, ...Object.values(ordersOf).flat()].flat().map((path) => [path, path.split('.')]),
);

const dayMs = 24 * 3_600_000;
const clockSlackMs = 5 * 60_000;

/** The first pair of dates of the form that stands in the wrong order, as a problem that names the field, or undefined. */
export function dateProblem(
  name: MessageName,
  data: Readonly<Record<string, unknown>>,
  nowMs: number,
): Problem | undefined {
  // A client's no counts whatever days it bears; one yet to come is read as now.
  if (isNo(name, data)) return undefined;
  for (const [earlier, later] of ordersWith.get(name) ?? always) {
    const first = earlier === 'now' ? nowText : lookUp(data, earlier);
    const second = later === 'now' ? nowText : lookUp(data, later);
    if (typeof first !== 'string' || typeof second !== 'string') continue;
    const days = isDay(first) || isDay(second);
    const slack = earlier !== 'now' && later !== 'now' ? 0 : days ? dayMs : clockSlackMs;
    const firstMs = first === nowText ? nowMs : Date.parse(first);
    const secondMs = second === nowText ? nowMs : Date.parse(second);
    if (days ? dayOf(firstMs) > dayOf(secondMs) + slack : firstMs > secondMs + slack) {
      const field = later === 'now' ? earlier : later;
      const detail =
        later === 'now'
          ? `${field} must not lie in the future`
          : `${field} must not lie before ${earlier === 'now' ? 'today' : earlier}`;
      return { code: 'dates-out-of-order', field: `data.${field}`, detail };
    }
  }
  return undefined;
}

/** Stands for the moment of reading; no date of a form reads so. */
const nowText = 'now';

const dayOf = (ms: number): number => Math.floor(ms / dayMs) * dayMs;

/** Where either side is a day without a time, whole days are compared. */
const isDay = (text: string): boolean => text.length === 'YYYY-MM-DD'.length;

function lookUp(data: Readonly<Record<string, unknown>>, path: string): unknown {
  let at: unknown = data;
  for (const name of namesIn.get(path) ?? path.split('.'))
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  return at;
}
