import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import { referrers } from '#libs/contracts/participants.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { type Agency, type Viewer, nameOf, officesOf } from '../domain/agency.js';
import { dayWords, momentWords } from '#libs/calendar/day-words.js';
import { referenceOf } from '../domain/reference.js';
import { type SavedForm, savedRow } from '../domain/saved-form.js';
import { answerWords, stepWords } from '../domain/step-words.js';
import { type OfficeTrouble, unreadWords } from '../domain/trouble-words.js';

export interface TodayAsked {
  /** Whose steps: `mine`, `office`, or a colleague's id. */
  readonly whose: string;
  readonly office: string;
}

export interface TodayGround {
  readonly viewer: Viewer;
  readonly agency: Agency;
  readonly asked: TodayAsked;
  readonly steps: readonly WorklistStep[];
  readonly waiting: readonly WaitingFor[];
  readonly now: Date;
  /** Undefined: as it is now. Else when it was had, because the mesh does not answer. */
  readonly asOf: Date | undefined;
  /** False where nothing could be had at all. */
  readonly isThere: boolean;
  /** Messages of the office that the desk could not keep. */
  readonly unread: OfficeTrouble | undefined;
  /** What the viewer put aside, whichever list is shown. */
  readonly saved: readonly SavedForm[];
}

interface Row {
  readonly what: string;
  readonly reference: string;
  readonly since: string;
  readonly due: string;
  readonly owner: string;
  readonly deputy: string;
  readonly href: string;
}

/** Today: overdue · today · this week · later · waiting for others. No client's name is on it: screens are seen across a desk. */
export function presentToday(ground: TodayGround) {
  const { viewer, agency, asked, now, asOf, isThere } = ground;
  const today = londonDate(now);
  const weekEnds = addDays(today, 7 - (new Date(`${today}T12:00:00Z`).getUTCDay() || 7));
  const mine = ground.steps.filter((step) => isAsked(step, asked.whose, viewer));
  const rows = mine
    .toSorted((one, other) => one.dueOn.localeCompare(other.dueOn))
    .map((step) => ({ step, row: rowOf(step, agency) }));
  const pick = (isIn: (step: WorklistStep) => boolean): readonly Row[] =>
    rows.filter(({ step }) => isIn(step)).map(({ row }) => row);
  return {
    title: 'Today',
    day: dayWords(today),
    groups: [
      { id: 'overdue', heading: 'Overdue', rows: pick((step) => step.dueOn < today) },
      { id: 'today', heading: 'Today', rows: pick((step) => step.dueOn === today) },
      {
        id: 'week',
        heading: 'This week',
        rows: pick((step) => step.dueOn > today && step.dueOn <= weekEnds),
      },
      { id: 'later', heading: 'Later', rows: pick((step) => step.dueOn > weekEnds) },
    ],
    waiting: ground.waiting
      .filter(({ owner }) => isOwner(owner, asked.whose, viewer))
      .map((wait) => waitingRow(wait, agency)),
    saved: ground.saved.map(savedRow),
    filter: filterOf(ground),
    asOf: asOf === undefined ? '' : momentWords(asOf.toISOString()),
    isThere,
    trouble: unreadWords(ground.unread),
    mayRefer: referrers.includes(viewer.office.kind),
  };
}

const isOwner = (owner: string, whose: string, { person }: Viewer): boolean =>
  whose === 'office' || owner === (whose === 'mine' ? person.id : whose);

/** A step of a colleague whom I stand in for is on my list too. */
const isAsked = (step: WorklistStep, whose: string, viewer: Viewer): boolean =>
  isOwner(step.owner, whose, viewer);

function rowOf(step: WorklistStep, agency: Agency): Row {
  return {
    what: stepWords[step.step],
    reference: referenceOf(step),
    since: dayWords(londonDate(new Date(step.openedAt))),
    due: dayWords(step.dueOn),
    owner: nameOf(agency, step.owner),
    deputy: nameOf(agency, step.deputy),
    href: `/cases/${step.case}#step-${step.step}-${step.cause}`,
  };
}

function waitingRow(wait: WaitingFor, agency: Agency) {
  return {
    what: answerWords[wait.answer],
    reference: referenceOf(wait),
    since: dayWords(londonDate(new Date(wait.since))),
    due: dayWords(wait.dueOn),
    owner: nameOf(agency, wait.owner),
    isLate: wait.late,
    href: `/cases/${wait.case}`,
  };
}

function filterOf({ viewer, agency, asked }: TodayGround) {
  const stoodInFor = agency.people.filter(({ deputy }) => deputy === viewer.person.id);
  const isListed = ['mine', 'office', ...stoodInFor.map(({ id }) => id)].includes(asked.whose);
  const chosen = isListed ? [] : [{ value: asked.whose, text: nameOf(agency, asked.whose) }];
  const whose = [
    { value: 'mine', text: `${viewer.person.name} (you)` },
    ...stoodInFor.map(({ id, name }) => ({ value: id, text: `${name}, whom you stand in for` })),
    { value: 'office', text: 'Everybody at the office' },
    ...chosen,
  ];
  const offices = officesOf(agency, viewer).map(({ id, name }) => ({ value: id, text: name }));
  return {
    whose: whose.map((each) => ({ ...each, selected: each.value === asked.whose })),
    offices: offices.map((each) => ({ ...each, selected: each.value === asked.office })),
  };
}
