import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import type { CaseEvent } from './case-event.js';
import { followed } from './commitments.js';

/** The event as a case event, or undefined when it moves no reminder: another type, no case, refused, or still waiting. */
export function caseEventOf(event: MeshEvent): CaseEvent | undefined {
  const name = nameOfType(event.type);
  if (name === undefined || !followed.has(name) || event.case === undefined) return undefined;
  if (event.verdict === 'refused' || event.verdict === 'waiting') return undefined;
  return {
    id: event.id,
    verdict: event.verdict === 'stopped' ? 'stopped' : 'cleared',
    seq: event.seq,
    caseId: event.case,
    name,
    sender: event.sender,
    recipient: event.to,
    cause: event.cause,
    facts: event.facts,
    recordedAt: new Date(event.recordedAt),
  };
}
