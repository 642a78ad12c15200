import { type MessageName, messageTable } from '#libs/contracts/message-table.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { Notice } from '#libs/contracts/service-forms.js';
import { longDate } from './long-date.js';
import { noticeWording } from './notice-wording.js';
import { oneLine, them } from './wording.js';

export interface MailText {
  /** Seen only inside the sealed mail. */
  readonly subject: string;
  readonly text: string;
}

/** Joint working, "Consent": every message to the job centre's side says so. */
const supportOnly =
  'Taking part is voluntary. What is shared here is for support only: it is no evidence for a sanction and must not be used for one.';
const jobCentreSide: ReadonlySet<PartyKind> = new Set(['jobcentre', 'contracted-provider']);

const standIn = {
  deputy: 'You get this as the deputy of the person who holds this step.',
  'team-leader':
    'You get this as the team leader: neither the owner of this step nor the deputy has done it in time.',
  manager:
    'You get this as the manager: this step was not done in time. The team leader still holds it.',
} as const;

const isOff =
  'The appointment is off. The attached entry takes it out of your calendar, if it is there.';
const byMachine = 'This notice was sent by a machine. Do not reply to it';
const findCase = ': use your own system, where you find the case by its reference.';

/**
 * The words of a notice: by which references the case is found, from which organisation, about which message; what happened, what to do,
 * by when. Short lines, so that it reads the same in any program. It holds no name and no detail of the client: the reader's own system
 * has those. The subject holds the notice's own words and a reference, never the organisation or the message behind it.
 */
export function renderMailText(notice: Notice): MailText {
  const { kind, step, dueOn, escalation, audience, appointment } = notice;
  const wording = noticeWording[kind];
  const of = { ...notice, message: titleOf(notice.about) };
  const paragraphs = [
    ...aboutLines(notice),
    wording.happened(of),
    `What to do: ${wording.next(of)}`,
    ...(appointment?.cancelled === true ? [isOff] : []),
    ...(step !== undefined && dueOn !== undefined && kind !== 'step-overdue'
      ? [`By: ${longDate(dueOn)}`]
      : []),
    ...(escalation === undefined || escalation === 'owner' ? [] : [standIn[escalation]]),
    ...(jobCentreSide.has(audience) ? [supportOnly] : []),
    `${byMachine}${isAboutCase(notice) ? findCase : '.'}`,
  ];
  return {
    subject: [wording.subject, ...subjectReference(notice)].join(': '),
    text: `${paragraphs.map(wrapLines).join('\n\n')}\n`,
  };
}

const isAboutCase = ({ caseReference, references }: Notice): boolean =>
  caseReference !== '' || references !== undefined;

/** The first lines, in one block. A notice about several cases names them in its own words; one about no case has the other side alone. */
function aboutLines(notice: Notice): readonly string[] {
  if (notice.references !== undefined) return [];
  const { counterpart } = notice;
  const short = shortOf(notice);
  const own = ownReference(notice);
  const title = titleOf(notice.about);
  const lines = [
    ...(own === undefined || own === '' ? [] : [`Case: ${oneLine(own)}`]),
    ...(short === undefined
      ? []
      : [`Short reference: ${short}; type it into the worklist or say it by telephone`]),
    ...(title === undefined ? [] : [`About: ${title}`]),
    ...(counterpart === undefined ? [] : [`Other organisation: ${them(notice, '')}`]),
    ...(counterpart?.phone === undefined ? [] : [`To ring them: ${counterpart.phone}`]),
  ];
  return lines.length === 0 ? [] : [lines.join('\n')];
}

/**
 * The reader's own reference of the case. A case that has none yet bears its id instead: nobody can type that, so it stands only where
 * there is no short reference either.
 */
function ownReference({ caseReference, shortReference }: Notice): string | undefined {
  const isOwn =
    caseReference !== '' &&
    caseReference !== shortReference &&
    uuidVersion(caseReference) === undefined;
  return isOwn || shortReference === undefined ? caseReference : undefined;
}

function subjectReference(notice: Notice): readonly string[] {
  const { references, caseReference } = notice;
  if (references !== undefined)
    return [references.length === 1 ? '1 case' : `${references.length} cases`];
  const reference = ownReference(notice) ?? shortOf(notice) ?? caseReference;
  return reference === '' ? [] : [reference];
}

/** In two groups of four, easier to say and to type. The worklist passes over the hyphen. */
const shortOf = ({ shortReference }: Notice): string | undefined =>
  shortReference?.replace(/^([^-]{4})([^-]{4})$/, '$1-$2');

/** The title of the message behind the notice. What the reader's side said of a step of its own is no message to name. */
function titleOf(about: string | undefined): string | undefined {
  if (about === undefined || about === 'step.done' || !Object.hasOwn(messageTable, about))
    return undefined;
  return messageTable[about as MessageName].title.replaceAll('\u2019', "'");
}

/** RFC 3676 calls 78 the most; words are never cut. */
function wrapLines(paragraph: string): string {
  return paragraph.replace(/(?![^\n]{1,76}$)([^\n]{1,76})\s/gm, '$1\n');
}
