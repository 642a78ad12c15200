import type { Desk, Move } from './desk.js';
import { district, gateway, providers } from './town.js';

const explained = (statements: readonly string[]): object => ({
  statements,
  wordingVersion: '2026-01',
  language: 'en',
  copyGiven: true,
});

interface Terms {
  readonly form: 'DPA1' | 'TPR1' | 'TPR2';
  readonly purposes: readonly string[];
  readonly decision?: 'given' | 'refused';
  readonly parties?: readonly string[];
  readonly role?: object;
  readonly statements?: readonly string[];
  readonly excludedCategories?: readonly string[];
}

function consent(desk: Desk, terms: Terms): Move {
  const { form, purposes, decision = 'given', parties, role, statements = [] } = terms;
  return desk.record('consent.recorded', {
    form,
    formReference: `${form} 0001`,
    client: desk.client,
    decision,
    purposes,
    ...(parties === undefined ? {} : { to: { parties, ...(role === undefined ? {} : { role }) } }),
    excludedCategories: terms.excludedCategories ?? [],
    takenAt: desk.now.toISOString(),
    takenBy: desk.actor,
    explained: explained(statements),
  });
}

export const takeDpa1 = (desk: Desk, decision: 'given' | 'refused'): Move =>
  desk.party.startsWith('cp_')
    ? consent(desk, {
        form: 'DPA1',
        decision,
        purposes: ['record-on-lms', 'notify-jcp'],
        parties: ['jc_north', 'jc_south'],
      })
    : consent(desk, { form: 'DPA1', decision, purposes: ['record-on-lms'] });

/** Some clients name fewer providers, and some want no word back. */
export const takeTpr1 = (desk: Desk, decision: 'given' | 'refused' = 'given'): Move =>
  consent(desk, {
    form: 'TPR1',
    decision,
    purposes: desk.chance.isSo(0.95)
      ? ['refer-to-treatment', 'attendance-feedback']
      : ['refer-to-treatment'],
    parties: [gateway, ...(desk.chance.isSo(0.8) ? providers : providers.slice(0, 2))],
    role: { role: 'treatment', district },
  });

const statements = [
  'information-shared-to-coordinate',
  'record-updated-with-needs',
  'used-solely-for-barriers-to-work',
] as const;

export function takeTpr2(
  desk: Desk,
  to: readonly string[],
  decision: 'given' | 'refused' = 'given',
): Move {
  const all = ['share-employment-needs', 'treatment-status', 'exit-notice', 'three-way-review'];
  const purposes = desk.chance.isSo(0.75) ? [...all, 'agree-ete-lead'] : all.slice(0, 2);
  return consent(desk, { form: 'TPR2', decision, purposes, parties: to, statements });
}

export const withdraw = (desk: Desk, form: Terms['form'], keep: readonly string[] = []): Move =>
  desk.record('consent.withdrawn', {
    form,
    keep,
    withdrawnAt: desk.now.toISOString(),
    how: desk.chance.oneOf(['in-person', 'by-telephone', 'in-writing']),
    takenBy: desk.actor,
  });
