import type { Notice, NoticeRequest } from '#libs/contracts/service-forms.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import { isCleared } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { referenceOf, requestShown } from './notice-about.js';
import { passNotice } from './notice-without-case.js';
import { factsOf, refusal } from './record-of.js';
import type { World } from './world.js';

/**
 * Steps came to the reader, because the directory says that a colleague is away or has left. The cause is that entry; the reader is of the
 * colleague's agency; and of the cases that the router names, the reader is shown those bound to that agency, by the reader's own references.
 */
export function decideInheritance(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
): Decision {
  const { envelope, rule } = incoming.read;
  const request = envelope.data as NoticeRequest;
  const grounds = { cause: request.cause, facts: factsOf(rule.facts, envelope.data) };
  const entry = world.record(request.cause);
  const person = entry?.facts['person'];
  if (
    entry?.name !== 'directory.person-put' ||
    !isCleared(entry) ||
    typeof person !== 'string' ||
    request.step !== undefined
  )
    return refusal(
      incoming,
      sender,
      {
        code: 'cause-unknown',
        field: 'data.cause',
        detail: 'cause must be the entry of a person in the directory',
      },
      grounds,
    );
  const reader = world.directory.partyOfPerson(request.person);
  if (reader === undefined || world.directory.agencyEntered(person) !== reader.agency)
    return refusal(
      incoming,
      sender,
      {
        code: 'person-not-entitled',
        field: 'data.person',
        detail: 'the person does not belong to the agency whose steps these were',
      },
      grounds,
    );
  const notice: Notice = {
    ...requestShown(request),
    caseReference: '',
    facts: {},
    references: referencesFor(reader, request.cases ?? [], world),
    audience: reader.kind,
  };
  return passNotice(incoming, sender, grounds, notice);
}

function referencesFor(reader: DirectoryParty, cases: readonly string[], world: World): string[] {
  const own = cases.filter((id) => world.case(id)?.agencies.has(reader.agency) === true);
  return own.flatMap((id) => referenceOf(id, reader.id, world) ?? []);
}
