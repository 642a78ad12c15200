import { Chance } from './chance.js';
import { ReferralSimulation, type ReferralYear } from './simulate-referral.js';

export interface SimulationOptions {
  readonly referrals: number;
  readonly seed: number;
  /** After each hundred. */
  readonly onProgress?: (done: number) => void;
}

export interface Summary {
  readonly referrals: number;
  readonly seed: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly messages: number;
  readonly mails: number;
  readonly escalations: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** The three that must be empty: each entry says which client of the seed, and which thing. */
  readonly lost: readonly string[];
  readonly mailsOutsideHours: readonly string[];
  readonly escalatedWithoutReason: readonly string[];
}

/** No test knows today's date: the year has summer time, bank holidays and a new year in it. */
const yearStartsOn = '2026-03-02';

/** So many clients, one after the other, each over what is left of the year. The same seed gives the same years. */
export function simulate({ referrals, seed, onProgress }: SimulationOptions): Summary {
  const seeds = new Chance(seed);
  const counts = { ends: new Map<string, number>(), refusals: new Map<string, number>() };
  const found = { lost: [] as string[], mails: [] as string[], steps: [] as string[] };
  const sums = { messages: 0, mails: 0, escalations: 0 };
  for (let number = 1; number <= referrals; number += 1) {
    const own = seeds.between(0, 2 ** 31);
    const year = new ReferralSimulation(own, yearStartsOn).run();
    add(counts.ends, year.end ?? 'NOBODY HAS THE CLIENT');
    for (const refusal of year.refusals) add(counts.refusals, refusal);
    sums.messages += year.messages;
    sums.mails += year.mails;
    sums.escalations += year.escalations;
    const named = namedBy(number, own);
    found.lost.push(...lostIn(year).map(named));
    found.mails.push(...year.mailsOutsideHours.map(named));
    found.steps.push(...year.escalatedWithoutReason.map(named));
    if (number % 100 === 0) onProgress?.(number);
  }
  return {
    referrals,
    seed,
    ...sums,
    ends: Object.fromEntries([...counts.ends].sort(([one], [other]) => (one < other ? -1 : 1))),
    refusals: Object.fromEntries(
      [...counts.refusals].sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
    lost: found.lost,
    mailsOutsideHours: found.mails,
    escalatedWithoutReason: found.steps,
  };
}

/** One client's year, by the seed that a summary names them by. */
export const lookInto = (client: number): ReferralYear =>
  new ReferralSimulation(client, yearStartsOn).run();

const lostIn = ({ lost, end }: ReferralYear): readonly string[] =>
  end === undefined ? [...lost, 'nobody has the client when the year ends'] : lost;

const namedBy =
  (number: number, own: number) =>
  (what: string): string =>
    `client ${number} (${own}): ${what}`;

const add = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);

export const isClean = ({ lost, mailsOutsideHours, escalatedWithoutReason }: Summary): boolean =>
  lost.length + mailsOutsideHours.length + escalatedWithoutReason.length === 0;

const shownAtMost = 10;

export function renderSummary(summary: Summary): string {
  const { referrals, seed, messages, mails, escalations, ends, refusals } = summary;
  const rows = (counts: Readonly<Record<string, number>>): readonly string[] =>
    Object.entries(counts).map(([name, count]) => `${String(count).padStart(8)}  ${name}`);
  const zero = (what: string, found: readonly string[]): readonly string[] => [
    `${String(found.length).padStart(8)}  ${what}`,
    ...found.slice(0, shownAtMost).map((each) => `            ${each}`),
  ];
  return [
    `seed ${seed}: ${referrals} clients over a year, ${messages} messages, ${mails} mails, ${escalations} escalations`,
    '',
    'How it ended for them:',
    ...rows(ends),
    '',
    'Messages that did not pass:',
    ...rows(refusals),
    '',
    'None of these may be:',
    ...zero('clients without an owner or a stated end', summary.lost),
    ...zero('mails outside office hours', summary.mailsOutsideHours),
    ...zero('steps escalated whose reason had gone', summary.escalatedWithoutReason),
  ].join('\n');
}
