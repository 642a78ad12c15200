import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { CaseEvent } from './case-event.js';

/** The text of a fact, or undefined when it is missing or something else. Never throws: what cannot be read is not counted from. */
export function textFact({ facts }: CaseEvent, name: string): string | undefined {
  const value = facts[name];
  return typeof value === 'string' ? value : undefined;
}

/** A fact that is a day, `YYYY-MM-DD`. */
export function dateFact(event: CaseEvent, name: string): string | undefined {
  const value = textFact(event, name);
  try {
    return value === undefined ? undefined : addDays(value, 0);
  } catch {
    return undefined;
  }
}

/** The local day of a fact that is an instant. */
export function dayOfFact(event: CaseEvent, name: string): string | undefined {
  const instant = new Date(textFact(event, name) ?? '');
  return Number.isNaN(instant.getTime()) ? undefined : londonDate(instant);
}

/** A fact that is a number of weeks, 1 to 52. */
export function weeksFact({ facts }: CaseEvent, name: string): number | undefined {
  const value = facts[name];
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 52
    ? value
    : undefined;
}

/** Whether a fact that lists words, separated by spaces, names any, or the given one. */
export function isSetFact(event: CaseEvent, name: string, word?: string): boolean {
  const words = (textFact(event, name) ?? '').split(' ').filter((each) => each !== '');
  return word === undefined ? words.length > 0 : words.includes(word);
}
