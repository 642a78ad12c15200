import type { FactValue } from '#libs/contracts/service-forms.js';
import type { StepName } from '#libs/contracts/steps.js';
import { longDate, longMoment } from './long-date.js';

/** What a wording may speak of: the marked facts of the record behind the notice, and the step, where there is one. */
export interface WordingFacts {
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly step?: StepName | undefined;
  readonly dueOn?: string | undefined;
}

/** `happened` says what is the case; `next` what the reader is to do. Whole sentences, plain English, no client's name, no jargon unexplained. */
export interface NoticeWording {
  readonly subject: string;
  readonly happened: (of: WordingFacts) => string;
  readonly next: (of: WordingFacts) => string;
}

export const nothingToDo = (): string => 'There is nothing you need to do now.';
export const onDate = ({ facts }: WordingFacts, fact: string): string => {
  const value = facts[fact];
  return typeof value === 'string' ? ` on ${longDate(value)}` : '';
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
): string => words[String(value)] ?? otherwise;
