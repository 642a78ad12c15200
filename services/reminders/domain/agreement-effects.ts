import type { MessageName } from '#libs/contracts/message-table.js';
import { agreementReminders } from '#libs/contracts/service-forms.js';
import { type Apply, end, once } from './commitment.js';
import { dateFact } from './facts.js';

/** A local sharing agreement is warned of twice before it lapses. A newer entry of the same two offices stands in its place. */
export const agreementEffects = {
  'directory.agreement-put': (before, event) => {
    const others = end(before, 'counted-anew', () => true);
    const anchorOn = dateFact(event, 'until');
    if (event.facts['active'] === false || anchorOn === undefined) return others;
    const lapses = agreementReminders.map((kind) =>
      once(kind, event, { party: event.sender, anchorOn }),
    );
    return [...others, ...lapses];
  },
} as const satisfies Partial<Record<MessageName, Apply>>;
