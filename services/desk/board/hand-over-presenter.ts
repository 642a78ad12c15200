import { londonDate } from '#libs/calendar/london-time.js';
import { type Agency, nameOf } from '../domain/agency.js';
import { awayWords, isAway } from '../domain/away-words.js';
import { dayWords } from '#libs/calendar/day-words.js';
import type { HandOver, HandOverState } from '../domain/hand-over.js';
import { heldLines } from '../domain/held-lines.js';
import type { KeptMessage } from '../domain/kept-message.js';
import { refusalOf } from '../domain/told-words.js';

export interface HandOverGround {
  readonly handOver: HandOver;
  /** One for each item, in its order. */
  readonly states: readonly HandOverState[];
  readonly agency: Agency;
  readonly draft: string;
  readonly now: Date;
}

/** Before: which steps go from whom to whom. After: what came of it, case by case. */
export function presentHandOver({ handOver, states, agency, draft, now }: HandOverGround) {
  const today = londonDate(now);
  const [from, to] = [nameOf(agency, handOver.from), nameOf(agency, handOver.to)];
  const heir = agency.people.find(({ id }) => id === handOver.to);
  const isSent = states.some(({ kind }) => kind === 'sent');
  const isHere = heir === undefined || !isAway(heir, today);
  const ready = states.filter(({ kind }) => kind === 'ready').length;
  return {
    title: isSent ? 'Handed over' : 'Before it is handed over',
    draft,
    back: `/board?office=${handOver.office}&who=${handOver.from}#cases`,
    from,
    to,
    day: dayWords(handOver.day),
    warning: heir !== undefined && isAway(heir, today) ? `${to}: ${awayWords(heir, today)}.` : '',
    rows: states.map((state, index) => {
      const item = handOver.items[index];
      return {
        name: `Case ${item?.reference ?? ''}`,
        href: `/cases/${item?.caseId ?? ''}`,
        ...rowOf(state, { from, to, today, isHere }),
      };
    }),
    ready,
    button: buttonWords(ready, isSent),
  };
}

function buttonWords(ready: number, isSent: boolean): string {
  if (ready === 0) return '';
  if (isSent) return ready === 1 ? 'Hand over the last one' : `Hand over the other ${ready}`;
  return ready === 1 ? 'Hand over 1 case' : `Hand over ${ready} cases`;
}

interface RowGround {
  readonly from: string;
  readonly to: string;
  readonly today: string;
  /** By the agency's own list: the one who gets it is at work. */
  readonly isHere: boolean;
}

const none = { text: '', remedy: '', goes: [], stays: [] };

function rowOf(state: HandOverState, ground: RowGround) {
  const { from, today } = ground;
  switch (state.kind) {
    case 'gone':
      return { ...none, text: `Nothing of it is with ${from} now. It is left as it is.` };
    case 'sent':
      return { ...none, ...answerWords(state.message, ground) };
    case 'ready': {
      const lines = heldLines(state.held, today);
      const pick = (goes: boolean) => lines.filter((line) => line.goes === goes);
      return { ...none, goes: pick(true), stays: pick(false) };
    }
  }
}

function answerWords({ answer, problem }: KeptMessage, { to, isHere }: RowGround) {
  if (answer === 'refused' && problem !== undefined) {
    const { heading, text, remedy } = refusalOf(problem);
    return { text: [heading, text].filter((part) => part !== '').join('. '), remedy };
  }
  if (answer === 'decided')
    return {
      text: isHere
        ? `${to} holds it now.`
        : `It is ${to}’s. ${to} is away: until they are back, it is with who stands in for them.`,
    };
  if (answer === 'accepted') return { text: 'The mesh has it, and has not decided yet.' };
  return { text: 'The mesh does not answer at present. It goes by itself when the mesh is back.' };
}
