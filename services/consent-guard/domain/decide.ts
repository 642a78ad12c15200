import { isServiceParty } from '#libs/contracts/party.js';
import type { Problem } from '#libs/contracts/problem.js';
import { isNo } from '#libs/contracts/readable-no.js';
import { decideClientMessage } from './decide-client-message.js';
import { decideServiceMessage } from './decide-service-message.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { Incoming } from './incoming.js';
import { refusal } from './record-of.js';
import type { World } from './world.js';

/**
 * message + what was read → decision. Pure and total: every message gets exactly one record, and there is no road to `cleared` but
 * through `decideClientMessage` (consent, or the same agency) and `decideServiceMessage` (the record it cites).
 */
export function decide(incoming: Incoming, world: World, nowMs: number): Decision {
  const sender = senderParty(incoming, world);
  if (sender === undefined)
    return refusal(incoming, undefined, {
      code: 'sender-not-allowed',
      field: 'source',
      detail: 'the sender is not in the directory',
    });
  const problem = senderProblem(incoming, sender, { world, nowMs });
  if (problem !== undefined) return refusedOrUnclear(incoming, sender, problem, { world, nowMs });
  return sender.kind === 'service'
    ? decideServiceMessage(incoming, sender, world, nowMs)
    : decideClientMessage(incoming, sender, world, nowMs);
}

/** A client's no is not lost because the agency does not have the person who sends it, or no longer: it is one with a fault. */
function refusedOrUnclear(
  incoming: Incoming,
  sender: DirectoryParty,
  problem: Problem,
  { world, nowMs }: { readonly world: World; readonly nowMs: number },
): Decision {
  const { read } = incoming;
  if (problem.code !== 'actor-unknown' || !isNo(read.name, read.envelope.data))
    return refusal(incoming, sender, problem);
  const unclear = [problem, ...(read.unclear ?? [])];
  return decideClientMessage({ ...incoming, read: { ...read, unclear } }, sender, world, nowMs);
}

function senderParty(incoming: Incoming, world: World): DirectoryParty | undefined {
  if (isServiceParty(incoming.sender))
    return {
      id: incoming.sender,
      kind: 'service',
      agency: incoming.sender,
      serves: [],
      active: true,
      name: incoming.sender,
    };
  return world.directory.party(incoming.sender);
}

function senderProblem(
  { read, sender: sentBy }: Incoming,
  sender: DirectoryParty,
  { world, nowMs }: { readonly world: World; readonly nowMs: number },
): Problem | undefined {
  if (read.sender !== sentBy)
    return { code: 'source-not-sender', field: 'source', detail: 'source must be your own party' };
  if (!read.rule.from.includes(sender.kind))
    return {
      code: 'sender-not-allowed',
      field: 'type',
      detail: 'this type of message is not sent by your kind of party',
    };
  const actor = read.envelope.actor;
  if (
    sender.kind !== 'service' &&
    (actor === undefined ||
      world.directory.agencyOfPerson(actor) !== sender.agency ||
      world.directory.hasLeft(actor, nowMs))
  )
    return {
      code: 'actor-unknown',
      field: 'actor',
      detail: 'actor must be a person of your own agency, at work there now',
    };
  return undefined;
}
