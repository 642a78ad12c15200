import { momentWords } from '#libs/calendar/day-words.js';
import { uuidV7Time, uuidVersion } from '#libs/contracts/message-id.js';
import { nameOf } from './agency.js';
import { type CaseFile, partyName } from './case-file.js';
import { titleOfType } from './message-words.js';

/** What came to the case after a form was shown: who, what, when. The form's id says when it was shown. */
export function meanwhileWords(file: CaseFile, formId: string): string {
  if (uuidVersion(formId) !== 7) return '';
  const shownAt = uuidV7Time(formId);
  return file.view.messages
    .filter(({ id, time }) => id !== formId && new Date(time).getTime() > shownAt)
    .map(({ id, type, sender, time }) => {
      const actor = file.kept.find((each) => each.id === id)?.actor;
      const isOwn = sender === file.office.id && actor !== undefined;
      const who = isOwn ? nameOf(file.agency, actor) : partyName(file, sender);
      return `${who}, ${momentWords(time)}: ${titleOfType(type)}`;
    })
    .join('; ');
}
