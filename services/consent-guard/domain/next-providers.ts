import type { FactValue } from '#libs/contracts/service-forms.js';
import { askConsent } from './ask-consent.js';
import { type Scope, scopeKey } from './scope.js';

/** A decline that the asker was told of, oldest first. */
export interface Decline {
  readonly agency: string;
  readonly reason: FactValue | undefined;
}

export interface NextProviders {
  /** Agencies that may be told, as the consent names them. */
  readonly agencies: readonly string[];
  /** Roles in an area that may be told (`role:treatment@<district>`). */
  readonly roles: readonly string[];
}

const nobody: NextProviders = { agencies: [], roles: [] };

/**
 * Whom an agency may refer the client to next: who stands on a line of the client's consent today, less those that declined. Where the
 * client asked for the last decline, nobody is offered: the next word is the client's (rulings 3).
 */
export function nextProviders(
  lines: readonly Scope[],
  declines: readonly Decline[],
  asked: { readonly agency: string; readonly nowMs: number },
): NextProviders {
  if (declines.at(-1)?.reason === 'client-asked') return nobody;
  const purpose = 'refer-to-treatment';
  const scopes = new Map(lines.map((line) => [scopeKey(line.from, line.to, line.purpose), line]));
  const declined = new Set(declines.map(({ agency }) => agency));
  const open = [...new Set(lines.map(({ to }) => to))].filter(
    (to) =>
      !declined.has(to) &&
      askConsent(scopes, { from: asked.agency, to, purpose }, asked.nowMs).allowed,
  );
  return {
    agencies: open.filter((to) => !to.startsWith('role:')),
    roles: open.filter((to) => to.startsWith('role:')),
  };
}
