import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { RecordTest, StepName } from '#libs/contracts/steps.js';
import type { Surroundings, View } from './case-state.js';

type Around = Pick<Surroundings, 'agency' | 'agencyOf' | 'messageOf'>;

/**
 * Whether the agency may keep a record, after one more message: by what its own client decided there, and by what was cleared to it. Of a
 * DPA1 that another took it knows only that it stands (a TPR2 says so), or is taken back (an instruction says so).
 */
export function dpa1After(
  { dpa1 }: View,
  { sender, to, facts, cause }: MeshEvent,
  name: MessageName,
  { agency, agencyOf, messageOf }: Around,
): View['dpa1'] {
  const isOwn = agencyOf(sender) === agency;
  const isTold = agencyOf(to) === agency;
  const isDpa1 = facts['form'] === 'DPA1';
  if (name === 'consent.recorded' && isOwn && isDpa1)
    return facts['decision'] === 'given' ? 'given' : 'refused';
  if (name === 'consent.withdrawn' && isOwn && isDpa1) return 'refused';
  // The instruction names the form itself where the withdrawal stands in another case.
  const ended = facts['form'] ?? messageOf(cause ?? '')?.facts['form'];
  if (name === 'instruction.stop-using' && isTold && ended === 'DPA1') return 'refused';
  if (name === 'dpa1.returned' && isTold) return 'given';
  if (name !== 'tpr2.shared' || !isTold) return dpa1;
  if (facts['dpa1Current'] === true) return 'given';
  return dpa1 === 'given' ? undefined : dpa1; // it has lapsed
}

/** @param before the case as it stood when the message came */
export function passesRecord(test: RecordTest | undefined, before: View, after: View): boolean {
  switch (test) {
    case undefined:
      return true;
    case 'kept':
      return after.dpa1 === 'given';
    case 'opened':
      return after.dpa1 === 'given' && before.dpa1 !== 'given' && before.sharedAt.size > 0;
    case 'not-refused':
      return after.dpa1 !== 'refused';
  }
}

/** The record is to be updated with a TPR2 already: since the DPA1 was given, or the same one was passed on before. */
export function isToBeUpdated(
  { steps }: View,
  event: MeshEvent,
  step: StepName,
  { agency, agencyOf, messageOf }: Around,
): boolean {
  return steps.some(
    (open) =>
      step === 'update-record' &&
      open.step === step &&
      agencyOf(open.holder.party) === agency &&
      (open.about === 'consent.recorded' || messageOf(open.cause)?.cause === event.cause),
  );
}
