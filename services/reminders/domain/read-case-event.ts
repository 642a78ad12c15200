import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { officesNamed } from '#libs/contracts/service-forms.js';
import type { CaseEvent } from './case-event.js';
import { followed } from './commitments.js';

/** The event as a case event, or undefined when it moves no reminder: another type, no case, refused, or still waiting. */
export function caseEventOf(event: MeshEvent): CaseEvent | undefined {
  const name = nameOfType(event.type);
  if (name === undefined || !followed.has(name)) return undefined;
  const caseId = name === 'directory.agreement-put' ? agreementOf(event) : event.case;
  if (caseId === undefined) return undefined;
  if (event.verdict === 'refused' || event.verdict === 'waiting') return undefined;
  return {
    id: event.id,
    verdict: event.verdict === 'stopped' ? 'stopped' : 'cleared',
    seq: event.seq,
    caseId,
    name,
    sender: event.sender,
    recipient: event.to,
    cause: event.cause,
    facts: event.facts,
    recordedAt: new Date(event.recordedAt),
  };
}

/** An agreement has a schedule as a case has one, under its two offices, whichever of them is named first. Nobody can ask for it. */
const agreementOf = ({ facts }: MeshEvent): string =>
  ['agreement', ...officesNamed(facts).toSorted()].join(' ');
