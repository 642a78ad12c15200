import { addDays } from '#libs/calendar/local-date.js';
import { type MessageName, messageNames } from '#libs/contracts/message-table.js';
import type { CaseHistory } from './case-history.js';
import type { Chance } from './chance.js';
import { takeDpa1, takeTpr1, takeTpr2, withdraw } from './consent-moves.js';
import type { Desk, Move } from './desk.js';
import { hosts, probation, providers } from './town.js';
import { refer, tellOutcome } from './work-referral.js';
import { proposeLead, requestReview, shareForm } from './work-treatment.js';

/** How a case begins: who sees the client first. */
export interface Beginning {
  readonly party: string;
  readonly moves: (desk: Desk) => readonly Move[];
}

/** Five of six are referred; the others come to treatment by themselves, and share from there. */
export function begin(chance: Chance): Beginning {
  if (chance.isSo(1 / 6)) return { party: chance.oneOf(providers), moves: comeByThemselves };
  return { party: chance.oneOf(hosts), moves: comeToTheHost };
}

function comeToTheHost(desk: Desk): readonly Move[] {
  const { chance } = desk;
  const startedOn = addDays(desk.today, -chance.between(0, 60));
  const benefit = chance.oneOf(['jsa', 'esa']);
  const consent = chance.weighed({ given: 94, refused: 3, none: 3 });
  return [
    ...(chance.isSo(0.8) ? [takeDpa1(desk, chance.isSo(0.85) ? 'given' : 'refused')] : []),
    ...(consent === 'none' ? [] : [takeTpr1(desk, consent)]),
    refer(desk),
    ...(chance.isSo(0.8) ? [desk.record('claim.started', { benefit, startedOn })] : []),
  ];
}

function comeByThemselves(desk: Desk): readonly Move[] {
  const host = desk.chance.oneOf(hosts);
  return [
    takeTpr2(desk, [host, probation]),
    desk.record('careplan.agreed', { agreedOn: desk.today }),
    desk.say('tpr2.shared', host, shareForm(desk)),
  ];
}

/** Something that happens by itself: to whom, how often in a day on which it can, and what they then say. */
interface Happening {
  readonly share: number;
  readonly where: 'provider' | 'host';
  readonly when: (history: CaseHistory, party: string) => boolean;
  readonly moves: (desk: Desk) => readonly Move[];
  /** The client may ring at any hour, and an evening surgery tells at once who did not come. */
  readonly atAnyHour?: true;
}

const isTreated = (history: CaseHistory, party: string): boolean => {
  const last = history.last(party, 'careplan.agreed', 'exit.notified', 'exit.recorded');
  return last !== undefined && (last.name === 'careplan.agreed' || isLikely(last.facts['exit']));
};
const isLikely = (exit: unknown): boolean => exit === 'unplanned-likely';

const came = (history: CaseHistory, party: string): boolean => {
  const last = history.lastFrom(
    party,
    'appointment.attended',
    'appointment.did-not-attend',
    'careplan.agreed',
  );
  return last?.name === 'appointment.attended';
};

const hasShared = (history: CaseHistory, party: string): boolean =>
  history.lastFrom(party, 'tpr2.shared') !== undefined;
/** One review at a time. */
function mayAskForReview(history: CaseHistory, party: string): boolean {
  const last = history.last(party, ...reviewMessages);
  return hasShared(history, party) && (last === undefined || reviewOver.has(last.name));
}
const reviewMessages = messageNames.filter((name) => name.startsWith('review.'));
const reviewOver: ReadonlySet<MessageName> = new Set(['review.outcome', 'review.cancelled']);

const hasReferred = (history: CaseHistory, party: string): boolean =>
  history.lastFrom(party, 'referral.requested') !== undefined;
const hasClaim = (history: CaseHistory, party: string): boolean =>
  history.lastFrom(party, 'claim.started', 'claim.ended')?.name === 'claim.started';

const hostOf = (desk: Desk): string => desk.lastFrom('tpr2.shared')?.to ?? desk.referrer;

const exit =
  (kind: 'planned' | 'unplanned' | 'unplanned-likely') =>
  (desk: Desk): readonly Move[] => [
    desk.say('exit.notified', hostOf(desk), { exit: kind, on: desk.today }),
  ];

/** The care plan, the consent to share, and the TPR2 under it; where the client says no, some keyworkers try nevertheless. */
function startTreatment(desk: Desk): readonly Move[] {
  const plan = desk.record('careplan.agreed', { agreedOn: desk.today });
  const host = desk.referrer;
  const share = desk.say('tpr2.shared', host, shareForm(desk));
  switch (desk.chance.weighed({ yes: 72, no: 13, notAsked: 15 })) {
    case 'yes':
      return [plan, takeTpr2(desk, [host, probation]), share];
    case 'no':
      return [plan, takeTpr2(desk, [host], 'refused'), ...(desk.chance.isSo(0.3) ? [share] : [])];
    case 'notAsked':
      return desk.chance.isSo(0.5) ? [plan, share] : [plan];
  }
}

function correct(desk: Desk): readonly Move[] {
  const wrong = desk.lastFrom('appointment.attended', 'appointment.did-not-attend');
  if (wrong === undefined) return [];
  return [tellOutcome(desk, wrong.name === 'appointment.did-not-attend', wrong.id)];
}

function staysInTreatment(desk: Desk): readonly Move[] {
  const likely = desk.lastFrom('exit.notified');
  if (likely === undefined || !isLikely(likely.facts['exit'])) return [];
  return [desk.say('exit.stays-in-treatment', likely.to, { about: likely.id })];
}

function cancelReferral(desk: Desk): readonly Move[] {
  const referral = desk.lastFrom('referral.requested');
  const hasCome = desk.history
    .since(referral?.id ?? '')
    .some(({ name }) => name.startsWith('appointment.'));
  if (referral === undefined || referral.to.startsWith('area:') || hasCome) return [];
  return [desk.say('referral.cancelled', referral.to, { referral: referral.id })];
}

const tellOfClaim = (desk: Desk): readonly Move[] => {
  const tpr2 = desk.lastTo('tpr2.shared');
  const data = { change: 'benefit-changed', on: desk.today };
  return tpr2 === undefined ? [] : [desk.say('claim.change-told', tpr2.from, data)];
};

const someForm = (desk: Desk, own: 'TPR1' | 'TPR2'): readonly Move[] => [
  withdraw(desk, desk.chance.isSo(0.8) ? own : 'DPA1', []),
];

/** Shares a day, so that in a year nearly every client meets one, and some several. */
const happenings: readonly Happening[] = [
  { share: 0.35, where: 'provider', when: came, moves: startTreatment },
  { share: 0.012, where: 'provider', when: came, moves: correct },
  { share: 0.002, where: 'provider', when: isTreated, moves: exit('unplanned-likely') },
  { share: 0.004, where: 'provider', when: isTreated, moves: exit('planned') },
  { share: 0.004, where: 'provider', when: isTreated, moves: exit('unplanned') },
  { share: 0.05, where: 'provider', when: isTreated, moves: staysInTreatment },
  {
    share: 0.006,
    where: 'provider',
    when: mayAskForReview,
    moves: (desk) => [requestReview(desk, hostOf(desk))],
  },
  {
    share: 0.0015,
    where: 'provider',
    when: isTreated,
    moves: (desk) => [proposeLead(desk, probation)],
  },
  {
    share: 0.0012,
    where: 'provider',
    when: hasShared,
    moves: (desk) => [withdraw(desk, 'TPR2', desk.chance.isSo(0.3) ? ['exit-notice'] : [])],
    atAnyHour: true,
  },
  { share: 0.003, where: 'host', when: hasReferred, moves: cancelReferral },
  {
    share: 0.0008,
    where: 'host',
    when: hasReferred,
    moves: (desk) => someForm(desk, 'TPR1'),
    atAnyHour: true,
  },
  {
    share: 0.003,
    where: 'host',
    when: hasClaim,
    moves: (desk) => [desk.record('claim.ended', { endedOn: desk.today })],
  },
  { share: 0.003, where: 'host', when: hasClaim, moves: tellOfClaim },
  {
    share: 0.02,
    where: 'host',
    when: hasClaim,
    moves: (desk) => [desk.record('case.next-attendance', { on: addDays(desk.today, 14) })],
  },
  {
    share: 0.004,
    where: 'host',
    when: hasReferred,
    moves: (desk) => [
      desk.record('case.caseworker-named', {
        person: `p_${desk.party}_${desk.chance.between(1, 3)}`,
        from: desk.today,
      }),
    ],
  },
];

/** What happens by itself today, at the parties that the case has reached; in the evening only what may come at any hour. */
export function happeningsOf(
  history: CaseHistory,
  chance: Chance,
  isEvening: boolean,
): readonly (Pick<Happening, 'moves'> & { readonly party: string })[] {
  const places = { provider: providers, host: hosts };
  const possible = happenings.filter(({ atAnyHour }) => !isEvening || atAnyHour === true);
  return possible.flatMap((happening) =>
    places[happening.where]
      .filter((party) => chance.isSo(happening.share) && happening.when(history, party))
      .map((party) => ({ ...happening, party })),
  );
}
