import { isPartyId } from '#libs/contracts/party.js';
import { referrers } from '#libs/contracts/participants.js';
import type { Notice, NoticeRequest } from '#libs/contracts/service-forms.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';
import { isCarePlanReminder } from './notice-chain.js';
import { appointmentShown } from './notice-appointment.js';
import type { World } from './world.js';

type Shown = Pick<
  Notice,
  'about' | 'counterpart' | 'shortReference' | 'appointment' | 'clientWasTold' | 'nextInterviewOn'
>;

/**
 * The party on the other side of a message, for one who sent it or got it: whom the sender addressed, or who sent it. Undefined within one
 * agency, for what goes to the mesh or to an area (the sender learns from the answer who serves it), and for the guard's own.
 */
export function counterpartOf(
  message: GuardRecord,
  { agency }: Pick<DirectoryParty, 'agency'>,
): string | undefined {
  if (message.senderAgency !== agency) return isPartyId(message.sender) ? message.sender : undefined;
  if (message.recipientAgency === agency) return undefined;
  return isPartyId(message.to) ? message.to : undefined;
}

/** What the guard adds to a notice from its own records, and what of the router's own it lets pass. @param chain cited record first, client's message last */
export function noticeAbout(
  request: NoticeRequest,
  reader: DirectoryParty,
  chain: readonly GuardRecord[],
  world: World,
): Shown {
  const message = chain.at(-1);
  const binding = message?.caseId === undefined ? undefined : world.case(message.caseId);
  const short = binding?.shortReference;
  return {
    ...(short === undefined ? {} : { shortReference: short }),
    ...(message === undefined || !isShown(message, reader, chain)
      ? {}
      : shownOf(message, reader, world)),
    ...ownSide(request, reader),
  };
}

/** A content-free instruction names nobody. A provider's own reminder tells nothing of a review at the job centre that it is counted from. */
export const isShown = (
  message: GuardRecord,
  reader: Pick<DirectoryParty, 'agency'>,
  chain: readonly GuardRecord[],
): boolean =>
  message.senderKind !== 'guard' &&
  (!isCarePlanReminder(chain) || message.senderAgency === reader.agency);

function shownOf(
  message: GuardRecord,
  reader: DirectoryParty,
  world: World,
): Pick<Shown, 'about' | 'counterpart' | 'appointment'> {
  const other = world.directory.party(counterpartOf(message, reader) ?? '');
  const appointment = appointmentShown(message, world.historyOf(message.caseId ?? ''), world.record);
  const phone = other?.phone;
  return {
    about: message.name,
    ...(other === undefined
      ? {}
      : { counterpart: { name: other.name, ...(phone === undefined ? {} : { phone }) } }),
    ...(appointment === undefined ? {} : { appointment }),
  };
}

/** The job centre's own: whether it told the client, and when it sees them next. It reaches nobody else, whatever the router says. */
function ownSide(
  { clientWasTold, nextInterviewOn }: NoticeRequest,
  { kind }: DirectoryParty,
): Pick<Shown, 'clientWasTold' | 'nextInterviewOn'> {
  if (!referrers.includes(kind)) return {};
  return {
    ...(clientWasTold === undefined ? {} : { clientWasTold }),
    ...(nextInterviewOn === undefined ? {} : { nextInterviewOn }),
  };
}

/** Kind, cause, person and clock of a request: what it may say of itself. */
export function requestShown({
  clientWasTold: _told,
  nextInterviewOn: _on,
  cases: _cases,
  ...shown
}: NoticeRequest): Omit<NoticeRequest, 'clientWasTold' | 'nextInterviewOn' | 'cases'> {
  return shown;
}

/** How an office finds a case: by its own reference, else by the short one. */
export function referenceOf(caseId: string, party: string, world: World): string | undefined {
  const binding = world.case(caseId);
  return binding?.references.get(party) ?? binding?.shortReference;
}
