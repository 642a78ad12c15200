import { daysBetween } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { PartyShown } from '#libs/contracts/ask-around.js';
import { findDistrict } from '#libs/contracts/districts.js';
import { type Agency, type Office, nameOf } from '../domain/agency.js';
import { partyName } from '../domain/case-file.js';
import { dayWords, momentWords } from '#libs/calendar/day-words.js';
import { referenceOf } from '../domain/reference.js';
import { stepWords } from '../domain/step-words.js';
import type { QueueStep } from '../domain/to-pass-on.js';

export interface QueueGround {
  readonly agency: Agency;
  readonly office: Office;
  /** The oldest first. */
  readonly waiting: readonly QueueStep[];
  readonly more: number;
  readonly parties: readonly PartyShown[] | undefined;
  readonly now: Date;
  /** Undefined: as it is now. Else when it was had, because the mesh does not answer. */
  readonly asOf: Date | undefined;
  readonly isThere: boolean;
}

/** Referrals that no provider has yet, and the providers. No client's name is on it. */
export function presentQueue(ground: QueueGround) {
  const { office, waiting, more, parties, now, asOf, isThere } = ground;
  const today = londonDate(now);
  return {
    title: 'Queue',
    office: office.name,
    rows: waiting.map((each) => rowOf(each, ground, today)),
    more,
    areProvidersThere: parties !== undefined,
    providers: (parties ?? [])
      .filter(({ kind }) => kind === 'treatment-provider')
      .map(providerRow)
      .toSorted((one, other) => one.name.localeCompare(other.name)),
    asOf: asOf === undefined ? '' : momentWords(asOf.toISOString()),
    isThere,
  };
}

function rowOf(
  { step, providers, isFormKept }: QueueStep,
  { agency, parties }: QueueGround,
  today: string,
) {
  const since = londonDate(new Date(step.openedAt));
  const { counterpart } = step;
  const from =
    counterpart === undefined ? '' : partyName({ agency, parties: parties ?? [] }, counterpart);
  return {
    what: stepWords[step.step],
    anchor: `queue-${step.case}`,
    reference: referenceOf(step),
    from,
    since: dayWords(since),
    waits: waitWords(daysBetween(since, today)),
    due: dayWords(step.dueOn),
    isLate: step.dueOn < today,
    owner: nameOf(agency, step.owner),
    deputy: nameOf(agency, step.deputy),
    choice: choiceWords(providers),
    isFormKept,
    href: `/cases/${step.case}`,
    passOn: providers?.length === 0 ? '' : `/cases/${step.case}/do/referral.forwarded`,
    handBack: `/cases/${step.case}/do/referral.declined`,
  };
}

function waitWords(days: number): string {
  if (days <= 0) return 'It came today.';
  return days === 1 ? 'It waits since yesterday.' : `It waits for ${days} days.`;
}

function choiceWords(providers: readonly PartyShown[] | undefined): string {
  if (providers === undefined) return 'Whom it may go to cannot be told at present.';
  if (providers.length === 0)
    return 'The client’s consent names no provider that could be asked now. Hand it back.';
  return `The client’s consent names: ${providers.map(({ name }) => name).join('; ')}.`;
}

/** All that the directory tells of a provider. */
const providerRow = ({ name, serves, phone }: PartyShown) => ({
  name,
  areas: [...new Set(serves.map(({ district }) => findDistrict(district)?.name ?? district))].join(
    '; ',
  ),
  phone: phone ?? '',
});
