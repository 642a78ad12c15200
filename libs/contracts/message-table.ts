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

/** The CloudEvents `type` of a message: `throughcare.<name>.v1`. */
export const typeOf = (name: MessageName): string => `throughcare.${name}.v1`;

export const messageNames = Object.keys(messageTable) as readonly MessageName[];

const nameByType = new Map(messageNames.map((name) => [typeOf(name), name]));

/** The short name of a CloudEvents `type`, or undefined when this mesh does not carry it (or not in that version). */
export const nameOfType = (type: string): MessageName | undefined => nameByType.get(type);

export const ruleOf = (name: MessageName): MessageRule => messageTable[name];

/** The family of a message: `referral` of `referral.requested`. */
export const familyOf = (name: MessageName): string => name.slice(0, name.indexOf('.'));
