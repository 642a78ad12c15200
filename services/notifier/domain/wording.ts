import type { FactValue, Notice } from '#libs/contracts/service-forms.js';
import { longDate, longMoment } from './long-date.js';

/** What a wording may speak of: the marked facts of the record behind the notice, the organisation on the other side, the step. */
export type WordingFacts = Pick<
  Notice,
  | 'audience'
  | 'facts'
  | 'about'
  | 'step'
  | 'dueOn'
  | 'counterpart'
  | 'clientWasTold'
  | 'nextInterviewOn'
  | 'references'
> & {
  /** The title of the client's own message behind the notice, for those who sent it. */
  readonly message?: string | undefined;
};

/** `happened` says what is the case; `next` what the reader is to do. Whole sentences, plain English, no client's name, no jargon unexplained. */
export interface NoticeWording {
  readonly subject: string;
  readonly happened: (of: WordingFacts) => string;
  readonly next: (of: WordingFacts) => string;
}

export const nothingToDo = (): string => 'There is nothing you need to do now.';

/** The organisation on the other side by its name, or else by what it is there. */
export const them = ({ counterpart }: Pick<WordingFacts, 'counterpart'>, otherwise: string) =>
  counterpart === undefined ? otherwise : oneLine(counterpart.name);

/** ` to Brook Lane Services`, or nothing where the other side is not known. */
export const toThem = (of: WordingFacts): string =>
  of.counterpart === undefined ? '' : ` to ${them(of, '')}`;

/** The reader's own message by its title, where it is known which one it was. */
export const yourMessage = ({ message }: WordingFacts): string =>
  message === undefined ? 'Something you sent' : `Your message "${message}"`;

export const onDate = (of: WordingFacts, fact: string, preposition = 'on'): string => {
  const value = of.facts[fact];
  return typeof value === 'string' ? ` ${preposition} ${longDate(value)}` : '';
};
export const atMoment = ({ facts }: WordingFacts, fact: string, preposition = 'for'): string => {
  const value = facts[fact];
  return typeof value === 'string' ? ` ${preposition} ${longMoment(value)}` : '';
};
/** The day of the thing that a reminder is about, which is not the day by which its step is to be done. */
export const dueDay = (of: WordingFacts): string => onDate(of, 'dueOn');

export const choose = (
  words: Readonly<Record<string, string>>,
  value: FactValue | undefined,
  otherwise: string,
): string => {
  const key = String(value);
  return Object.hasOwn(words, key) ? String(words[key]) : otherwise;
};

/** Names come from the directory, which people fill in: a line break in one would start a line of its own in the mail. */
export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
