import {
  categoryWords as usualCategories,
  purposeWords as usualPurposes,
} from '#libs/client-view/plain-words.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { type Category, type Purpose, categories } from '#libs/contracts/purposes.js';

/*
 * A slip lies on a kitchen table. Unless the client wishes otherwise it names no treatment, no probation, and no organisation whose name
 * would tell.
 */

export const neutralKinds: Readonly<Partial<Record<PartyKind, string>>> = {
  jobcentre: 'The job centre',
  'contracted-provider': 'Your work programme',
  'treatment-provider': 'Your support service',
  spoc: 'The contact point for support services',
  probation: 'Another service that works with you',
};

const neutralPurposes: Readonly<Partial<Record<Purpose, string>>> = {
  'treatment-status': 'that your support has begun',
  'exit-notice': 'that your support has ended, or may end',
  'agree-ete-lead': 'who leads on work and training',
};

const neutralCategories: Readonly<Partial<Record<Category, string>>> = {
  exit: 'the end of your support',
  'likely-exit': 'that your support may end early',
  'treatment-status': 'that your support has started',
  'access-route': 'how you came to your support',
  'treatment-summary': 'a short summary of your support',
  'criminal-justice-route': 'how you came to your support',
};

export const slipPurpose = (purpose: Purpose, isNamed: boolean): string =>
  (isNamed ? undefined : neutralPurposes[purpose]) ?? usualPurposes[purpose];

/** One that a newer contract has is shown by its own name: what a client ruled out is never left out of the slip. */
export function slipCategory(text: string, isNamed: boolean): string {
  const category = categories.find((each) => each === text);
  if (category === undefined) return text;
  return (isNamed ? undefined : neutralCategories[category]) ?? usualCategories[category];
}
