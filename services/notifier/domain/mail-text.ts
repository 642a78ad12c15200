import type { PartyKind } from '#libs/contracts/party.js';
import type { Notice } from '#libs/contracts/service-forms.js';
import { longDate } from './long-date.js';
import { noticeWording } from './notice-wording.js';

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
  manager:
    'You get this as the manager: the team leader keeps this step, which was not done in time.',
  'team-leader':
    'You get this as the team leader: neither the owner of this step nor the deputy has done it in time.',
} as const;

/**
 * The words of a notice: the reader's agency's own case reference, what happened, what to do, by when. ASCII, short lines, so that it
 * reads the same in any program. It holds no name and no detail of the client: the reader's own system has those.
 */
export function renderMailText(notice: Notice): MailText {
  const { kind, caseReference, facts, step, dueOn, escalation, audience } = notice;
  const wording = noticeWording[kind];
  const of = { facts, step, dueOn };
  const paragraphs = [
    `Case: ${caseReference}`,
    wording.happened(of),
    `What to do: ${wording.next(of)}`,
    ...(step !== undefined && dueOn !== undefined && kind !== 'step-overdue'
      ? [`By: ${longDate(dueOn)}`]
      : []),
    ...(escalation === undefined || escalation === 'owner' ? [] : [standIn[escalation]]),
    ...(jobCentreSide.has(audience) ? [supportOnly] : []),
    'This notice was sent by a machine. Do not reply to it: use your own system, where the case is under the reference above.',
  ];
  return {
    subject: `${wording.subject}: ${caseReference}`,
    text: `${paragraphs.map(wrap).join('\n\n')}\n`,
  };
}

/** RFC 3676 calls 78 the most; words are never cut. */
function wrap(paragraph: string): string {
  return paragraph.replace(/(?![^\n]{1,76}$)([^\n]{1,76})\s/g, '$1\n');
}
