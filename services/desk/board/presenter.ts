import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import { type Agency, type Office, nameOf } from '../domain/agency.js';
import { awayWords } from '../domain/away-words.js';
import { dayWords, momentWords } from '#libs/calendar/day-words.js';
import { errorList, fieldId } from '../domain/field-models.js';
import { valueWords } from '../domain/field-words.js';
import type { FieldProblem, Posted } from '../domain/form-values.js';
import { type HandOver, type HeldCase, heldBy } from '../domain/hand-over.js';
import { heldLines } from '../domain/held-lines.js';
import { referenceOf } from '../domain/reference.js';
import { type OfficeTrouble, recordWords, unreadWords } from '../domain/trouble-words.js';

export interface BoardGround {
  readonly agency: Agency;
  /** Those whose board the viewer sees. */
  readonly offices: readonly Office[];
  readonly office: Office;
  /** Whose cases are listed; empty: nobody's. */
  readonly who: string;
  readonly steps: readonly WorklistStep[];
  readonly waiting: readonly WaitingFor[];
  readonly now: Date;
  /** Undefined: as it is now. Else when it was had, because the mesh does not answer. */
  readonly asOf: Date | undefined;
  readonly isThere: boolean;
  readonly unread: OfficeTrouble | undefined;
  /** What the record system does not take. */
  readonly failing: OfficeTrouble | undefined;
  readonly posted: Posted;
  readonly problems: readonly FieldProblem[];
}

/** So many cases at once: each is a message that is decided while the page waits. */
const mostCases = 50;

/** An office by person: what is open, overdue, due this week, who is away. No client's name is on it. */
export function presentBoard(ground: BoardGround) {
  const { agency, offices, office, who, now, asOf, isThere, problems } = ground;
  const people = peopleOf(ground);
  const select = (value: string, text: string, chosen: string) => ({
    value,
    text,
    selected: value === chosen,
  });
  const isKnown = people.includes(who);
  return {
    title: 'Board',
    office: office.name,
    officeId: office.id,
    offices: offices.map(({ id, name }) => select(id, name, office.id)),
    people: [
      select('', 'Nobody: only the figures', who),
      ...people.map((person) => select(person, nameOf(agency, person), who)),
    ],
    rows: people
      .map((person) => personRow(person, ground))
      .toSorted((one, other) => other.overdue - one.overdue || other.open - one.open),
    person: isKnown ? personShown(ground) : null,
    isOld: asOf !== undefined,
    asOf: asOf === undefined ? '' : momentWords(asOf.toISOString()),
    isThere,
    troubles: [unreadWords(ground.unread), recordWords(ground.failing)],
    today: dayWords(londonDate(now)),
    problems: errorList(problems),
  };
}

/** Everybody of the office, then who else has something there: a person who has left, or one of another office. */
function peopleOf({ agency, office, steps, waiting }: BoardGround): readonly string[] {
  const own = agency.people.filter((person) => person.office === office.id).map(({ id }) => id);
  return [...new Set([...own, ...[...steps, ...waiting].map(({ owner }) => owner)])];
}

function personRow(person: string, { agency, office, steps, waiting, now }: BoardGround) {
  const today = londonDate(now);
  const weekEnds = addDays(today, 7 - (new Date(`${today}T12:00:00Z`).getUTCDay() || 7));
  const mine = steps.filter(({ owner }) => owner === person);
  const colleague = agency.people.find(({ id }) => id === person);
  const elsewhere = agency.offices.find(({ id }) => id === colleague?.office);
  return {
    name: nameOf(agency, person),
    job: colleague === undefined ? 'Not on the agency’s list any more' : valueWords(colleague.job),
    elsewhere: elsewhere === undefined || elsewhere.id === office.id ? '' : elsewhere.name,
    open: mine.length,
    overdue: mine.filter(({ dueOn }) => dueOn < today).length,
    week: mine.filter(({ dueOn }) => dueOn >= today && dueOn <= weekEnds).length,
    waits: waiting.filter(({ owner }) => owner === person).length,
    away: colleague === undefined ? '' : awayWords(colleague, today),
    href: `/board?office=${office.id}&who=${person}#cases`,
  };
}

/** The cases in which this person has something, to be ticked, and to whom they could go. */
function personShown(ground: BoardGround) {
  const { agency, who, posted, problems, now } = ground;
  const today = londonDate(now);
  const ticked = listOf(posted['case']);
  const to = textOf(posted['to']);
  const error = (path: string): string =>
    problems.find((problem) => problem.path === path)?.text ?? '';
  return {
    id: who,
    name: nameOf(agency, who),
    cases: heldOf(ground).map((held, index) => ({
      id: index === 0 ? fieldId('case') : `${fieldId('case')}-${index + 1}`,
      value: held.caseId,
      reference: referenceOf(held),
      href: `/cases/${held.caseId}`,
      lines: heldLines(held, today),
      goes: held.goes,
      selected: ticked.includes(held.caseId),
    })),
    caseError: error('case'),
    to: {
      id: fieldId('to'),
      error: error('to'),
      choices: heirsOf(ground).map((person) => ({
        value: person.id,
        text: [person.name, awayWords(person, today)].filter((part) => part !== '').join('. '),
        selected: person.id === to,
      })),
    },
  };
}

const heldOf = ({ steps, waiting, office, who }: BoardGround): readonly HeldCase[] =>
  heldBy({ steps, waiting }, { office: office.id, person: who });

const heirsOf = ({ agency, office, who }: BoardGround) =>
  agency.people.filter((person) => person.office === office.id && person.id !== who);

type Asked = Pick<HandOver, 'office' | 'from' | 'to'> & { readonly cases: readonly HeldCase[] };

/** What was chosen on the board. A case that is not on the list any more is no longer that person's, and is left out: the preview shows which go. */
export function readBoard(ground: BoardGround): {
  readonly asked: Asked | undefined;
  readonly problems: readonly FieldProblem[];
} {
  const { office, who, posted } = ground;
  const ticked = listOf(posted['case']);
  const cases = heldOf(ground).filter(({ caseId, goes }) => goes && ticked.includes(caseId));
  const to = heirsOf(ground).find(({ id }) => id === textOf(posted['to']));
  const problems = [
    ...(cases.length === 0 ? [{ path: 'case', text: 'Tick the cases to be handed over' }] : []),
    ...(cases.length > mostCases
      ? [{ path: 'case', text: `Tick ${mostCases} cases at most, then hand over the others` }]
      : []),
    ...(to === undefined ? [{ path: 'to', text: 'Choose who gets them' }] : []),
  ];
  return problems.length > 0 || to === undefined
    ? { asked: undefined, problems }
    : { asked: { office: office.id, from: who, to: to.id, cases }, problems };
}

const textOf = (value: Posted[string] | undefined): string =>
  typeof value === 'string' ? value : '';
const listOf = (value: Posted[string] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;
