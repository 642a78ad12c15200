import { uuidV7Time } from '#libs/contracts/message-id.js';
import type { Problem } from '#libs/contracts/problem.js';
import type { Job } from '#libs/contracts/steps.js';
import type { ViewRelease } from '#libs/contracts/view-messages.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { recordOf, refusal } from './record-of.js';
import type { World } from './world.js';

/** Who may ask for a client's whole view, and who may agree. */
const releasingJobs: readonly Job[] = [
  'performance-team-leader',
  'nominated-officer',
  'drugs-coordinator',
  'manager',
];

/** From the request, by the id that it bears, until the release. */
const openHours = 72;

interface Grounds {
  readonly client: string;
  readonly cause: string | undefined;
  readonly world: World;
  readonly nowMs: number;
}

/**
 * Two people of two agencies, each under their own agency's key, before the operator can take a client's whole view out: neither agency alone,
 * nor the operator, nor the operator with one of them, can. Where the case is one agency's alone, two of its people. What the operator says about people is believed nowhere here.
 */
export function decideViewMessage(
  incoming: Incoming,
  sender: DirectoryParty,
  { client, cause, world, nowMs }: Grounds,
): Decision {
  const { actor } = incoming.read.envelope;
  const job = actor === undefined ? undefined : world.directory.jobOfPerson(actor);
  if (job === undefined || !releasingJobs.includes(job))
    return refusal(incoming, sender, notTheirs, { client });
  if (incoming.read.name === 'client-view.approved') {
    const request = cause === undefined ? undefined : world.record(cause);
    const isAlone = isOneAgencys(request, world);
    const problem = approvalProblem(request, { sender, actor, nowMs, isAlone });
    if (problem !== undefined) return refusal(incoming, sender, problem, { client });
  }
  return {
    record: recordOf(incoming, sender, { client, cause, verdict: { kind: 'cleared' } }),
    effects: [],
    others: [],
  };
}

function approvalProblem(
  request: GuardRecord | undefined,
  by: {
    readonly sender: DirectoryParty;
    readonly actor: string | undefined;
    readonly nowMs: number;
    readonly isAlone: boolean;
  },
): Problem | undefined {
  if (request === undefined || !isOpen(request, by.nowMs)) return noRequest;
  if (request.actor === by.actor) return samePerson;
  return request.senderAgency === by.sender.agency && !by.isAlone ? sameAgency : undefined;
}

/** No other agency has the case. Whether another knows the client is nobody's to learn: it is not asked. */
const isOneAgencys = (request: GuardRecord | undefined, world: World): boolean =>
  world.case(request?.caseId ?? '')?.agencies.size === 1;

/**
 * The operator takes the view out: once for each request, while it is open, and only under an approval that stands. Under two people of one
 * agency only that agency's part: all there is where no other knows the client, and nothing of another's where one does.
 */
export function decideViewRelease(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
  nowMs: number,
): Decision {
  const approval = world.record((incoming.read.envelope.data as ViewRelease).approval);
  const request = approval?.cause === undefined ? undefined : world.record(approval.cause);
  if (
    approval?.name !== 'client-view.approved' ||
    !isCleared(approval) ||
    request === undefined ||
    !isOpen(request, nowMs) ||
    request.client === undefined ||
    request.client !== approval.client ||
    request.actor === approval.actor ||
    (request.senderAgency === approval.senderAgency && !isOneAgencys(request, world)) ||
    world.isViewReleased(request.id)
  )
    return refusal(incoming, sender, noApproval);
  const agency = request.senderAgency === approval.senderAgency ? request.senderAgency : undefined;
  const about = { client: request.client, caseId: request.caseId, cause: approval.id };
  const record = recordOf(incoming, sender, { ...about, verdict: { kind: 'cleared' } });
  return {
    record,
    effects: [
      {
        kind: 'release-view',
        release: record.id,
        request: request.id,
        client: request.client,
        agency,
      },
    ],
    others: [],
  };
}

/** Asked for, not refused, and not too long ago: the id's own time, which the guard checked against its clock when it came. */
const isOpen = (request: GuardRecord, nowMs: number): boolean =>
  request.name === 'client-view.requested' &&
  isCleared(request) &&
  nowMs < uuidV7Time(request.id) + openHours * 3_600_000;

const notTheirs: Problem = {
  code: 'person-not-entitled',
  field: 'actor',
  detail: `asked for and approved by a ${releasingJobs.join(', ')} of the directory only`,
};
const noRequest: Problem = {
  code: 'cause-unknown',
  field: 'data.request',
  detail: 'request must be one that is open, not older than 72 hours',
};
const samePerson: Problem = {
  code: 'person-not-entitled',
  field: 'actor',
  detail: 'the second person must be another than the first',
};
const sameAgency: Problem = {
  code: 'person-not-entitled',
  field: 'actor',
  detail: 'the second person must be of another agency than the first',
};
const noApproval: Problem = {
  code: 'cause-unknown',
  field: 'data.approval',
  detail: 'approval must be one that stands, of a request that is open and not released yet',
};
