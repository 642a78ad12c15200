import type { ViewConsent } from '#libs/contracts/client-view.js';
import { Html, html, nothing } from './html.js';
import { dayWords, momentWords } from '#libs/calendar/day-words.js';
import { categoryWords, purposeWords, stateWords } from './plain-words.js';

interface Group {
  readonly head: ViewConsent;
  /** The same holds the other way round. */
  readonly isMutual: boolean;
  readonly purposes: readonly ViewConsent['purpose'][];
}

/** Lines of one answer of the client, to the same people, said once. */
export function groupConsents(consents: readonly ViewConsent[]): readonly Group[] {
  const found = new Map<string, { head: ViewConsent; purposes: ViewConsent['purpose'][] }>();
  for (const consent of consents) {
    const { from, to, state, form, validUntil, ruledOut, withdrawnAt } = consent;
    const key = JSON.stringify([from.id, to.id, state, form, validUntil, ruledOut, withdrawnAt]);
    const group = found.get(key);
    if (group === undefined) found.set(key, { head: consent, purposes: [consent.purpose] });
    else group.purposes.push(consent.purpose);
  }
  return mutual([...found.values()]).toSorted((one, other) => rank(one) - rank(other));
}

/** What two may tell each other is said once. */
function mutual(groups: readonly Omit<Group, 'isMutual'>[]): readonly Group[] {
  const keyOf = (from: string, to: string, { head, purposes }: Omit<Group, 'isMutual'>): string =>
    JSON.stringify([
      from,
      to,
      head.state,
      head.form,
      head.validUntil,
      head.ruledOut,
      head.withdrawnAt,
      purposes.toSorted(),
    ]);
  const all = new Set(groups.map((group) => keyOf(group.head.from.id, group.head.to.id, group)));
  return groups.flatMap((group) => {
    const { from, to } = group.head;
    const isMutual = from.id !== to.id && all.has(keyOf(to.id, from.id, group));
    return isMutual && from.id > to.id ? [] : [{ ...group, isMutual }];
  });
}

const rank = ({ head }: Group): number =>
  ['given', 'not-yet', 'refused', 'withdrawn', 'lapsed'].indexOf(head.state);

export function consentItem(group: Group): Html {
  const { head, purposes } = group;
  const isYes = head.state === 'given' || head.state === 'not-yet';
  const ruledOut =
    isYes && head.ruledOut.length > 0
      ? html`<p>Never: ${head.ruledOut.map((each) => categoryWords[each]).join('; ')}.</p>`
      : nothing;
  return html`<li class="${isYes ? 'item' : 'item no'}">
    <p>
      <span class="mark">${stateWords[head.state]}.</span>
      ${allowed(group, isYes ? 'may' : 'may not')}
    </p>
    ${
      isOwnRecord(head)
        ? nothing
        : html`<ul>
            ${purposes.map((purpose) => html`<li>${purposeWords[purpose]}</li>`)}
          </ul>`
    }
    ${ruledOut}
    <p class="quiet">${period(head)} Form ${head.form}, ${momentWords(head.recordedAt)}.</p>
  </li> `;
}

/** On the slip: only what stands, and until when. */
export function shortConsent(group: Group): Html {
  const { head, purposes } = group;
  const what = isOwnRecord(head)
    ? ''
    : ` ${purposes.map((purpose) => purposeWords[purpose]).join('; ')}.`;
  const never =
    head.ruledOut.length === 0
      ? ''
      : ` Never: ${head.ruledOut.map((each) => categoryWords[each]).join('; ')}.`;
  return html`<li class="item">
    <p>${allowed(group, 'may')}${what}${never} <span class="quiet">${period(head)}</span></p>
  </li> `;
}

const isOwnRecord = ({ from, to }: ViewConsent): boolean => from.id === to.id;

function allowed({ head, isMutual }: Group, may: 'may' | 'may not'): Html {
  if (isOwnRecord(head)) return html`<b>${head.from.name}</b> ${may} keep this on its own record.`;
  if (isMutual)
    return html`<b>${head.from.name}</b> and <b>${head.to.name}</b> ${may} tell each other:`;
  return html`<b>${head.from.name}</b> ${may} tell <b>${head.to.name}</b>:`;
}

function period(head: ViewConsent): string {
  switch (head.state) {
    case 'given':
      return `Until ${dayWords(head.validUntil)}.`;
    case 'not-yet':
      return `From ${dayWords(head.validFrom)} until ${dayWords(head.validUntil)}.`;
    case 'lapsed':
      return `It ended on ${dayWords(head.validUntil)}.`;
    case 'withdrawn':
      return head.withdrawnAt === undefined
        ? ''
        : `Taken back on ${momentWords(head.withdrawnAt)}.`;
    case 'refused':
      return '';
  }
}
