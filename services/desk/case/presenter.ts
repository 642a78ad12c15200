import type { ConsentsShown, Timeline, WorklistStep } from '#libs/contracts/ask.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { referrers } from '#libs/contracts/participants.js';
import { consentLines } from '../domain/consents-shown.js';
import { actionForm, isOneTap, isSendable, possibleActions } from '../domain/action-form.js';
import { nameOf } from '../domain/agency.js';
import {
  type CaseFile,
  isSentByUs,
  knownClient,
  otherEnd,
  partyName,
} from '../domain/case-file.js';
import { dayWords, momentWords } from '#libs/calendar/day-words.js';
import type { KeptMessage } from '../domain/kept-message.js';
import { actionWords, titleOfType } from '../domain/message-words.js';
import { referenceOf } from '../domain/reference.js';
import type { StepOutcome } from '#libs/contracts/step-outcomes.js';
import type { StepName } from '#libs/contracts/steps.js';
import { type StepAction, isDoneInPerson, stepActions } from '../domain/step-actions.js';
import { answerWords, outcomeWords, stepWords } from '../domain/step-words.js';

/** A case: where it stands, who must act next and since when, what can be done, what happened, what is consented to. */
export function presentCase(
  file: CaseFile,
  { consents, newId, now }: { consents: ConsentsShown | undefined; newId: () => string; now: Date },
) {
  const { view } = file;
  const today = londonDate(now);
  const isMain = new Set(view.steps.flatMap((step) => namesOf(step, file)));
  return {
    title: 'Case',
    caseId: view.case,
    reference: referenceOf(view),
    office: file.office.name,
    client: clientLines(file),
    sentence: sentenceOf(file),
    steps: view.steps.map((step) => stepItem(step, file, { newId, today })),
    waiting: view.waiting.map((wait) => ({
      text: `You wait for ${answerWords[wait.answer]} from ${partyName(file, wait.counterpart)} since ${dayOf(wait.since)}; it usually comes by ${dayWords(wait.dueOn)}.`,
      isLate: wait.late,
    })),
    stepsNote: stepsNote(file),
    dueNote: view.notHad.includes('reminders') ? `It ${away}` : '',
    due: view.reminders
      .filter(({ state }) => state === 'scheduled' || state === 'due')
      .map(({ kind, dueOn }) => ({ text: `${plain(kind)}: ${dayWords(dueOn)}` })),
    others: possibleActions(file)
      .filter((name) => !isMain.has(name))
      .map((name) => ({ text: actionWords(name), href: `/cases/${view.case}/do/${name}` })),
    consents: consents === undefined ? [] : consentLines(consents, file),
    isConsentThere: consents !== undefined,
    notGone: notGone(file),
    timeline: view.messages.toReversed().map((message) => timelineItem(message, file)),
    mayWithdraw: file.office.kind !== 'service',
    mayRefer: isReferrer(file),
    mayAskConsent: isReferrer(file) || file.office.kind === 'treatment-provider',
  };
}

const isReferrer = ({ office }: CaseFile): boolean => referrers.includes(office.kind);

const dayOf = (instant: string): string => dayWords(londonDate(new Date(instant)));
const plain = (name: string): string => {
  const words = name.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
};

/** What somebody sent from here and the mesh has not: it is away, or took the form for wrong and nobody sent it anew. */
function notGone({ view, kept, agency }: CaseFile) {
  const known = new Set(view.messages.map(({ id }) => id));
  return kept
    .filter(({ id, direction, answer }) => {
      return (
        direction === 'sent' && !known.has(id) && answer !== 'decided' && answer !== 'accepted'
      );
    })
    .filter((each) => each.answer === undefined || !kept.some((later) => isSentAnew(each, later)))
    .map(({ id, type, actor, at, answer }) => ({
      what: titleOfType(type),
      way: `${actor === undefined ? '' : `${nameOf(agency, actor)}, `}${momentWords(at)}`,
      state:
        answer === 'refused'
          ? 'It did not go. Open it to see why.'
          : 'It has not gone yet. It goes by itself when the mesh is back.',
      href: `/cases/${view.case}/messages/${id}`,
    }));
}

const isSentAnew = (refused: KeptMessage, later: KeptMessage): boolean =>
  later.type === refused.type &&
  later.keptAt > refused.keptAt &&
  later.direction === 'sent' &&
  later.answer !== 'refused';

const away = 'could not be had just now. Load the page again in a minute.';

/** That the steps are not of now, or not there. */
function stepsNote({ view: { notHad, stepsAsOf } }: CaseFile): string {
  if (!notHad.includes('steps') || stepsAsOf === undefined) return '';
  return `What is to be done could not be had just now. This is how it was on ${momentWords(stepsAsOf.toISOString())}.`;
}

/** "Who lost him?" in one line. */
function sentenceOf(file: CaseFile): string {
  const { view, agency } = file;
  if (view.notHad.includes('steps') && view.stepsAsOf === undefined)
    return `Who must act next ${away}`;
  const [first] = view.steps.toSorted((one, other) => one.dueOn.localeCompare(other.dueOn));
  if (first !== undefined)
    return `${nameOf(agency, first.owner)} must act next, since ${dayOf(first.openedAt)}: ${stepWords[first.step]}. It is due on ${dayWords(first.dueOn)}.`;
  const [wait] = view.waiting.toSorted((one, other) => one.dueOn.localeCompare(other.dueOn));
  if (wait !== undefined)
    return `${partyName(file, wait.counterpart)} must act next, since ${dayOf(wait.since)}: you wait for ${answerWords[wait.answer]}.`;
  return 'Nothing is open here: nobody at your office has to act, and you wait for nobody.';
}

function clientLines(file: CaseFile): readonly string[] {
  const client = knownClient(file);
  if (client === undefined) return [];
  const name = [client['title'], client['otherNames'], client['surname']]
    .filter((part) => typeof part === 'string')
    .join(' ');
  const born = client['dateOfBirth'];
  return [name, ...(typeof born === 'string' ? [`born ${dayWords(born)}`] : [])];
}

const namesOf = (step: WorklistStep, file: CaseFile) =>
  stepActions(step.step, file.office.kind).flatMap((action) =>
    action.kind === 'message' ? [action.name] : [],
  );

/** A way to end a step: a button that does it, or a link to the page that asks for more. */
interface Way {
  readonly kind: 'button' | 'link';
  readonly text: string;
  readonly href: string;
  readonly id: string;
  readonly hidden: readonly { readonly name: string; readonly value: string }[];
  readonly isSecondary: boolean;
}

const linkWay = (text: string, href: string): Way => ({
  kind: 'link',
  text,
  href,
  id: '',
  hidden: [],
  isSecondary: false,
});

function stepItem(
  step: WorklistStep,
  file: CaseFile,
  { newId, today }: { newId: () => string; today: string },
) {
  const { agency, view } = file;
  const actions = stepActions(step.step, file.office.kind);
  return {
    anchor: `step-${step.step}-${step.cause}`,
    what: stepWords[step.step],
    about: step.about === undefined ? '' : titleOfType(step.about),
    since: dayOf(step.openedAt),
    due: dayWords(step.dueOn),
    isLate: step.dueOn < today,
    owner: nameOf(agency, step.owner),
    deputy: nameOf(agency, step.deputy),
    ways: actions.flatMap((action): readonly Way[] => {
      if (action.kind === 'outcome')
        return [
          {
            kind: 'button',
            text: wordsOfOutcome(action.outcome, step.step, actions),
            href: `/cases/${view.case}/do/step.done`,
            id: newId(),
            hidden: [
              { name: 'step', value: step.step },
              { name: 'outcome', value: action.outcome },
              { name: 'about', value: step.cause },
            ],
            isSecondary: !(isDoneInPerson(step.step) && action.outcome === 'done'),
          },
        ];
      if (action.name === 'referral.requested') return referWay(view.case);
      if (action.name === 'consent.recorded') return consentWay(view.case, step);
      if (!isSendable(action.name, file.office.kind)) return [];
      const form = actionForm(file, action.name);
      if (form === undefined) return [];
      const href = `/cases/${view.case}/do/${action.name}`;
      const text = actionWords(action.name);
      return isOneTap(form)
        ? [
            {
              ...linkWay(text, href),
              kind: 'button',
              id: newId(),
              hidden: [{ name: 'tap', value: 'yes' }],
            },
          ]
        : [linkWay(text, href)];
    }),
  };
}

/** Where messages could end the step too, it is said that this tells nobody. */
function wordsOfOutcome(
  outcome: StepOutcome,
  step: StepName,
  actions: readonly StepAction[],
): string {
  const isQuiet = !isDoneInPerson(step) && actions.some(({ kind }) => kind === 'message');
  return isQuiet ? `${outcomeWords[outcome]}: end it, tell nobody` : outcomeWords[outcome];
}

const referWay = (caseId: string): readonly Way[] => [
  linkWay('Refer again', `/refer?case=${caseId}`),
];

const consentWay = (caseId: string, { form }: WorklistStep): readonly Way[] => [
  linkWay(
    'Ask the client, and record the answer',
    `/cases/${caseId}/consent${form === undefined ? '' : `?form=${form}`}`,
  ),
];

const stateWords: Readonly<Partial<Record<Timeline['state'], string>>> = {
  undecided: 'Not decided yet.',
  'cleared-in-part': 'Something was left out.',
  refused: 'It did not go.',
  waiting: 'It waits for somebody who can take it.',
  stopped: 'It was taken back before it was read.',
};

/** Of a message to somebody else: what was left out, and whether they have it. */
function sentWords({ state, collected }: Timeline): string {
  const words = stateWords[state];
  if (state !== 'cleared' && state !== 'cleared-in-part') return words ?? '';
  const taken = collected === true ? 'They have it.' : 'They have not taken it yet.';
  return words === undefined ? taken : `${words} ${taken}`;
}

/** Which form, and what the client said, as far as the desk still has it. */
function consentTitle(stored: KeptMessage | undefined): string | undefined {
  const { form, decision } = stored?.message?.data ?? {};
  if (stored === undefined || nameOfType(stored.type) !== 'consent.recorded') return undefined;
  return typeof form === 'string' && typeof decision === 'string'
    ? `${form}: consent ${decision}`
    : undefined;
}

function timelineItem(message: Timeline, file: CaseFile) {
  const { agency, view, kept } = file;
  const isOwn = isSentByUs(message, file);
  const other = partyName(file, otherEnd(message, file));
  const stored = kept.find(({ id }) => id === message.id);
  const by = stored?.actor === undefined || !isOwn ? '' : ` by ${nameOf(agency, stored.actor)}`;
  const name = nameOfType(message.type);
  const isAtHome = message.to === 'mesh';
  const way = isAtHome ? `Recorded here${by}` : isOwn ? `Sent to ${other}${by}` : `From ${other}`;
  return {
    what: consentTitle(stored) ?? titleOfType(message.type),
    way,
    at: momentWords(message.time),
    state: isOwn && !isAtHome ? sentWords(message) : (stateWords[message.state] ?? ''),
    isKept: stored !== undefined,
    href: stored === undefined ? '' : `/cases/${view.case}/messages/${message.id}`,
    isStop: name === 'instruction.stop-using',
  };
}
