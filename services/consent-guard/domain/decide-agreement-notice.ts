import {
  type Notice,
  type NoticeRequest,
  isAgreementReminder,
  officesNamed,
} from '#libs/contracts/service-forms.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { requestShown } from './notice-about.js';
import { passNotice } from './notice-without-case.js';
import { factsOf, refusal } from './record-of.js';
import type { World } from './world.js';

/**
 * A local sharing agreement is about to lapse. The cause is the reminder of it; the reader is of one of its two agencies, and is told the
 * day and the office on the other side. It is about no case: nothing of a client is asked or told.
 */
export function decideAgreementNotice(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
): Decision {
  const { envelope, rule } = incoming.read;
  const request = envelope.data as NoticeRequest;
  const grounds = { cause: request.cause, facts: factsOf(rule.facts, envelope.data) };
  const reminder = world.record(request.cause);
  const offices = officesOf(reminder, world);
  if (reminder === undefined || offices === undefined || request.step !== undefined)
    return refusal(
      incoming,
      sender,
      {
        code: 'cause-unknown',
        field: 'data.cause',
        detail: 'cause must be the reminder of an agreement in the directory',
      },
      grounds,
    );
  const reader = world.directory.partyOfPerson(request.person);
  const other = offices.find(({ agency }) => agency !== reader?.agency);
  const isOfOne = offices.some(({ agency }) => agency === reader?.agency);
  if (reader === undefined || other === undefined || !isOfOne)
    return refusal(
      incoming,
      sender,
      {
        code: 'person-not-entitled',
        field: 'data.person',
        detail: 'the person does not belong to an agency of the agreement',
      },
      grounds,
    );
  const { name, phone } = other;
  const notice: Notice = {
    ...requestShown(request),
    caseReference: '',
    facts: factsOf(['dueOn'], reminder.facts),
    counterpart: { name, ...(phone === undefined ? {} : { phone }) },
    audience: reader.kind,
  };
  return passNotice(incoming, sender, grounds, notice);
}

/** The two offices that the entry names: their names and agencies as they are today. */
function officesOf(
  reminder: GuardRecord | undefined,
  { record, directory }: World,
): readonly DirectoryParty[] | undefined {
  const entry = record(reminder?.cause ?? '');
  if (
    reminder?.name !== 'reminder.due' ||
    !isAgreementReminder(reminder.facts['kind']) ||
    !isCleared(reminder) ||
    entry?.name !== 'directory.agreement-put'
  )
    return undefined;
  const offices = officesNamed(entry.facts).flatMap((office) => directory.party(office) ?? []);
  return offices.length === 2 ? offices : undefined;
}
