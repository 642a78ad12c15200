import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type MessageName, nameOfType } from '#libs/contracts/message-table.js';
import type { Surroundings } from './case-state.js';

/**
 * Whether the client has gone on to the sender of a message since: the single point of contact passed the same referral to another provider
 * first, and that one answers no more. `root`: the message with which something began between the referrer and that other provider.
 */
export function isPassedOn(
  { root, other }: { readonly root: string; readonly other?: string },
  event: MeshEvent,
  around: Surroundings,
): boolean {
  const { agencyOf, isSpoc } = around;
  if (event.senderKind !== 'treatment-provider' || other === undefined) return false;
  if (isSpoc(other) || agencyOf(other) === agencyOf(event.sender)) return false;
  const referral = referralOf(event.id, around);
  return referral !== undefined && referral === referralOf(root, around);
}

/** The referral that a message about it goes back to, by what each message answers. */
function referralOf(
  id: string,
  { messageOf }: Pick<Surroundings, 'messageOf'>,
): string | undefined {
  const seen = new Set<string>();
  for (let at: string | undefined = id; at !== undefined && !seen.has(at);) {
    const message = messageOf(at);
    const name = nameOfType(message?.type ?? '');
    if (name === 'referral.requested') return at;
    if (message === undefined || name === undefined || !isOfReferral(name)) return undefined;
    seen.add(at);
    at = message.cause;
  }
  return undefined;
}

const isOfReferral = (name: MessageName): boolean => /^(referral|appointment)\./.test(name);
