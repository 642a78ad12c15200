import { londonDate } from '#libs/calendar/london-time.js';
import type { ConsentsShown } from '#libs/contracts/ask.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { offByDefault } from '#libs/contracts/purposes.js';
import { type CaseFile, otherEnd } from '../domain/case-file.js';
import { lastDay } from '../domain/consents-shown.js';
import { dayWords } from '#libs/calendar/day-words.js';
import { referenceOf } from '../domain/reference.js';
import { neutralKinds, slipCategory, slipPurpose } from './slip-words.js';

type Line = ConsentsShown['consents'][number];

export interface SlipAsked {
  readonly consents: ConsentsShown;
  readonly now: Date;
  /** The client wishes that the organisations and the help are called by their names. */
  readonly isNamed: boolean;
}

/** For the client, to take away: who may tell whom what, until when, and how to stop it. No name of the client: paper gets lost. */
export function presentSlip(file: CaseFile, { consents, now, isNamed }: SlipAsked) {
  const { office, view } = file;
  const stands = consents.consents.filter((line) => isStanding(line, now));
  const nameOf = namer(file, consents, isNamed);
  return {
    title: 'Who may be told about you',
    caseId: view.case,
    reference: referenceOf(view),
    today: dayWords(londonDate(now)),
    isNamed,
    items: itemsOf(stands, nameOf, isNamed),
    contact:
      office.phone === undefined ? '' : `${isNamed ? `${office.name}, ` : ''}${office.phone}`,
  };
}

/** Once it ends it is on no slip, also where it is not recorded as ended. */
const isStanding = ({ decision, validFrom, validUntil }: Line, now: Date): boolean =>
  decision === 'given' && new Date(validFrom) <= now && now < new Date(validUntil);

/** Without what is off unless the client ticked it: to name it each time would make it look like the client's wish. */
const ruledOut = ({ excludedCategories }: Line): readonly string[] =>
  excludedCategories.filter((name) => !offByDefault.some((each) => each === name));

interface Item {
  readonly who: string;
  readonly what: readonly string[];
  readonly never: string;
  readonly until: string;
}

/** Lines that differ only in what may be told are one item. */
function itemsOf(
  lines: readonly Line[],
  nameOf: (agency: string) => string,
  isNamed: boolean,
): readonly Item[] {
  const items = new Map<string, Item>();
  for (const line of lines) {
    const { from, to, purpose, validUntil } = line;
    const isOwn = from === to;
    const who = isOwn
      ? `${nameOf(from)} may keep a note on its own record`
      : `${nameOf(from)} may tell ${inside(nameOf(to))}`;
    const never = [...new Set(ruledOut(line).map((each) => slipCategory(each, isNamed)))].join(
      '; ',
    );
    const until = dayWords(lastDay(validUntil));
    const key = JSON.stringify([who, never, until]);
    const what = isOwn ? [] : [slipPurpose(purpose, isNamed)];
    const had = items.get(key)?.what ?? [];
    items.set(key, { who, never, until, what: [...new Set([...had, ...what])] });
  }
  return [...items.values()];
}

const neutralNames: readonly string[] = Object.values(neutralKinds);
const area = 'The services of your area';
const other = 'Another organisation';

/** Within a sentence; a name of its own keeps its capital. */
const inside = (name: string): string =>
  [...neutralNames, area, other].includes(name)
    ? `${name.charAt(0).toLowerCase()}${name.slice(1)}`
    : name;

interface Known {
  readonly name: string;
  readonly kind: PartyKind;
}

function namer(file: CaseFile, { consents }: ConsentsShown, isNamed: boolean) {
  const named = new Set(consents.flatMap(({ from, to }) => [from, to]));
  return (agency: string): string => {
    if (agency.startsWith('role:')) return area;
    const known = officeOf(file, agency, named);
    if (known === undefined) return other;
    return isNamed ? known.name : (neutralKinds[known.kind] ?? other);
  };
}

/** The office that stands for an agency: one's own, the one of its name, or of an agency with several the one that the case shows. */
function officeOf(file: CaseFile, id: string, named: ReadonlySet<string>): Known | undefined {
  const { agency, office, parties } = file;
  if (id === agency.id) return office;
  const found = parties.find((party) => party.id === id);
  if (found !== undefined) return found;
  const ends = new Set(file.view.messages.map((message) => otherEnd(message, file)));
  const [first, ...more] = parties.filter((party) => ends.has(party.id) && !named.has(party.id));
  if (first === undefined || more.some(({ kind }) => kind !== first.kind)) return undefined;
  return { kind: first.kind, name: [first, ...more].map(({ name }) => name).join(' or ') };
}
