import type { Timeline } from '#libs/contracts/ask.js';
import type { CaseFile } from '../domain/case-file.js';
import { partyName } from '../domain/case-file.js';
import { nameOf } from '../domain/agency.js';
import { dayWords, momentWords } from '#libs/calendar/day-words.js';
import { labelOf, valueWords } from '../domain/field-words.js';
import type { Erased, KeptMessage } from '../domain/kept-message.js';
import { titleOfType } from '../domain/message-words.js';
import { categoryWords, purposeWords } from '../domain/consent-words.js';
import { referenceOf } from '../domain/reference.js';
import { type Refusal, refusalOf } from '../domain/told-words.js';

const erasedWords: Readonly<Record<Erased, string>> = {
  'stop-using': 'The client took the consent back. What this form said was erased here.',
  'no-trace': 'The form went back: no trace of the client here. What it said was erased.',
  'no-dpa1':
    'No DPA1 of the client stands, so the job centre keeps no record. What this form said was erased.',
  time: 'The time to keep this form is over. What it said was erased.',
};

/** A message as the form that a person knows: to be read, and printed. */
export function presentMessage(file: CaseFile, kept: KeptMessage) {
  const { agency, view } = file;
  const stands = view.messages.find(({ id }) => id === kept.id);
  const isOwn = kept.direction === 'sent';
  const extra = (kept.message ?? {}) as { readonly leftout?: true; readonly terms?: string };
  return {
    title: titleOfType(kept.type),
    caseId: view.case,
    reference: referenceOf(view),
    from: isOwn ? partyName(file, kept.office) : partyName(file, kept.other),
    to: isOwn ? partyName(file, kept.other) : partyName(file, kept.office),
    by: kept.actor === undefined ? '' : nameOf(agency, kept.actor),
    at: momentWords(kept.at),
    status: isOwn ? statusOf(kept, stands) : null,
    refusal: kept.problem === undefined ? (null as Refusal | null) : refusalOf(kept.problem),
    rows: kept.message === undefined ? [] : rowsOf(kept.message.data, file, ''),
    erased:
      kept.erased === undefined
        ? ''
        : `${erasedWords[kept.erased]}${kept.erasedAt === undefined ? '' : ` (${momentWords(kept.erasedAt)})`}`,
    terms: extra.terms ?? '',
    isPartial: extra.leftout === true,
  };
}

function statusOf(
  { answer, at: writtenAt }: KeptMessage,
  stands: Timeline | undefined,
): { readonly heading: string; readonly text: string } | null {
  const at = momentWords(writtenAt);
  if (answer === 'refused') return null;
  if (answer === undefined)
    return {
      heading: 'Not sent yet',
      text: 'The mesh does not answer at present. It is kept here and goes by itself, once, when the mesh is back.',
    };
  switch (stands?.state) {
    case 'cleared':
    case 'cleared-in-part':
      return clearedWords(stands, at);
    case 'waiting':
      return {
        heading: 'Waiting',
        text: 'It waits for somebody who can take it. Nobody has been told yet.',
      };
    case 'stopped':
      return { heading: 'Taken back', text: 'It was stopped before anybody read it.' };
    default:
      return { heading: 'Sent', text: `Sent ${at}. The mesh has it.` };
  }
}

/** A record at home, such as a consent, has no other side. */
function clearedWords({ to, state, collected }: Timeline, at: string) {
  if (to === 'mesh') return { heading: 'Recorded', text: `Recorded ${at}.` };
  const isInPart = state === 'cleared-in-part';
  const left = isInPart ? ' What the client’s consent does not cover was left out.' : '';
  return {
    heading: `${collected === true ? 'Sent and received' : 'Sent'}${isInPart ? ', in part' : ''}`,
    text: `Sent ${at}.${left} ${collected === true ? 'The other side has it.' : 'It waits for the other side to take it.'}`,
  };
}

interface Row {
  readonly label: string;
  readonly value: string;
}

function rowsOf(
  data: Readonly<Record<string, unknown>>,
  file: CaseFile,
  prefix: string,
): readonly Row[] {
  return Object.entries(data).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return rowsOf(value as Record<string, unknown>, file, `${path}.`);
    const shown = wordsOf(value, file);
    return shown === '' ? [] : [{ label: labelOf(path), value: shown }];
  });
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

function wordsOf(value: unknown, file: CaseFile): string {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((each) => wordsOf(each, file)).join('\n');
  if (typeof value !== 'string') return '';
  if (uuid.test(value)) return citedWords(value, file);
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return dayWords(value);
  if (/^\d{4}-\d{2}-\d{2}T/.test(value)) return momentWords(value);
  const isPerson = /^p_[a-z0-9_]+$/.test(value);
  if (isPerson) return nameOf(file.agency, value);
  if (Object.hasOwn(purposeWords, value)) return purposeWords[value as keyof typeof purposeWords];
  if (Object.hasOwn(categoryWords, value))
    return categoryWords[value as keyof typeof categoryWords];
  const party = partyName(file, value);
  return party === value ? valueWords(value) : party;
}

/** Another message of the case, by its title and day; one that this office does not have is left out. */
function citedWords(id: string, { view }: CaseFile): string {
  const cited = view.messages.find((message) => message.id === id);
  return cited === undefined ? '' : `${titleOfType(cited.type)}, ${momentWords(cited.time)}`;
}
