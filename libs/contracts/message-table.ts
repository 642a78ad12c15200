import { clientMessages } from './client-messages.js';
import { appointmentMessages } from './appointment-messages.js';
import { consentMessages } from './consent-messages.js';
import type { MessageRule } from './message-rule.js';
import { leadMessages } from './lead-messages.js';
import { referralMessages } from './referral-messages.js';
import { reviewMessages } from './review-messages.js';
import { serviceMessages } from './service-messages.js';
import { viewMessages } from './view-messages.js';

/** The one table: every type of message the mesh carries, by its short name (`referral.requested`). */
export const messageTable = {
  ...consentMessages,
  ...referralMessages,
  ...appointmentMessages,
  ...clientMessages,
  ...reviewMessages,
  ...leadMessages,
  ...serviceMessages,
  ...viewMessages,
} as const satisfies Record<string, MessageRule>;

export type MessageName = keyof typeof messageTable;

const typePattern = /^throughcare\.([a-z0-9-]+\.[a-z0-9-]+)\.v1$/;

/** The CloudEvents `type` of a message: `throughcare.<name>.v1`. */
export const typeOf = (name: MessageName): string => `throughcare.${name}.v1`;

/** The short name of a CloudEvents `type`, or undefined when this mesh does not carry it (or not in that version). */
export function nameOfType(type: string): MessageName | undefined {
  const name = typePattern.exec(type)?.[1];
  return name !== undefined && Object.hasOwn(messageTable, name)
    ? (name as MessageName)
    : undefined;
}

export const ruleOf = (name: MessageName): MessageRule => messageTable[name];

/** The family of a message: `referral` of `referral.requested`. */
export const familyOf = (name: MessageName): string => name.slice(0, name.indexOf('.'));

export const messageNames = Object.keys(messageTable) as readonly MessageName[];
