import { momentWords } from '#libs/calendar/day-words.js';

/** Something of an office that a person has to know of: how many, since when. */
export interface OfficeTrouble {
  readonly office: string;
  readonly count: number;
  readonly since: string;
}

const counted = (count: number, one: string, many: string): string =>
  count === 1 ? `1 ${one}` : `${count} ${many}`;

/** On Today and on the board. Empty: nothing to tell. */
export const unreadWords = (trouble: OfficeTrouble | undefined): string =>
  trouble === undefined
    ? ''
    : `${counted(trouble.count, 'message that came for this office', 'messages that came for this office')} could not be read, since ${momentWords(trouble.since)}. The desk tries again each minute. Tell the person who runs this desk; the other side may be waiting.`;

/** On the board. */
export const recordWords = (trouble: OfficeTrouble | undefined): string =>
  trouble === undefined
    ? ''
    : `The record system does not take ${counted(trouble.count, 'entry or erasure', 'entries or erasures')}, the oldest since ${momentWords(trouble.since)}. The desk tries again every ten minutes. Tell the person who runs the record system.`;
