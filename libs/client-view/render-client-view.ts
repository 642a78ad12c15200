import { londonDate, londonTime } from '#libs/calendar/london-time.js';
import type { ClientView, ViewConsent, ViewEntry } from '#libs/contracts/client-view.js';
import { Html, html, nothing } from './html.js';
import {
  categoryWords,
  dayWords,
  outcomeWords,
  purposeWords,
  reasonWords,
  stateWords,
  wordsOfMessage,
} from './plain-words.js';
import { style } from './style.js';

/** `page`: everything, newest first, to read on a screen or print. `slip`: what matters most, on a few sheets, to take away. */
export type ViewFormat = 'page' | 'slip';

/**
 * A client's view as one HTML file that needs nothing else: no scripts, no fonts, no pictures, no address to call. It names organisations and
 * kinds of information, and neither the client nor any content. Pure: the same view gives the same bytes.
 *
 * @param views the pages of one view, in order
 */
export function renderClientView(views: readonly ClientView[], format: ViewFormat): string {
  const consents = views.flatMap((view) => view.consents);
  const entries = views.flatMap((view) => view.entries).toReversed();
  const made = views[0]?.madeAt ?? '';
  const isWhole = views[0]?.scope !== 'own-part';
  const body =
    format === 'slip' ? slip(consents, entries, isWhole) : page(consents, entries, isWhole);
  const title = 'Who has been told about me';
  return html`<!doctype html>
    <html lang="en-GB">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${title}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p class="quiet">
            As things stood on ${when(made)}. Your name is left out on purpose, in case this paper
            is lost.
          </p>
          ${isWhole ? nothing : ownPart} ${body} ${footer}
        </main>
      </body>
    </html> `.text;
}

const ownPart = html`<p>
  <b>This is one organisation’s part.</b> It shows what that organisation sent or got. Other
  organisations may hold more.
</p>`;

function page(
  consents: readonly ViewConsent[],
  entries: readonly ViewEntry[],
  isWhole: boolean,
): Html {
  const blocked = entries.filter(({ outcome }) => outcome === 'blocked' || outcome === 'stopped');
  const told = entries.filter((entry) => !blocked.includes(entry));
  return html`<p class="lead">${summary(told, blocked, isWhole)}</p>
    ${rights}
    <h2>What you have agreed to</h2>
    ${
      consents.length === 0
        ? html`<p>There is no consent of yours on record.</p>`
        : html`<ul class="list">
            ${groups(consents).map(consentItem)}
          </ul>`
    }
    <h2>Who was told what</h2>
    ${
      told.length === 0
        ? html`<p>Nobody has been told anything about you.</p>`
        : html`<p>The newest comes first.</p>
            <ol class="list">
              ${told.map(entryItem)}
            </ol>`
    }
    <h2>What was blocked or stopped</h2>
    ${
      blocked.length === 0
        ? html`<p>Nothing was blocked.</p>`
        : html`<p>These did not reach anybody.</p>
            <ol class="list">
              ${blocked.map(entryItem)}
            </ol>`
    }
    ${leftOutOfThis}`;
}

/** So much keeps it short at this size; the rest is counted, and the page has it. */
const slipEntries = 5;

function slip(
  consents: readonly ViewConsent[],
  entries: readonly ViewEntry[],
  isWhole: boolean,
): Html {
  const blocked = entries.filter(({ outcome }) => outcome === 'blocked' || outcome === 'stopped');
  const told = entries.filter((entry) => !blocked.includes(entry));
  const given = groups(consents.filter(({ state }) => state === 'given'));
  const more = told.length - slipEntries;
  return html`<p class="lead">${summary(told, blocked, isWhole)}</p>
    ${rights}
    <h2>Your yes stands for this now</h2>
    ${
      given.length === 0
        ? html`<p>At present nobody may be told anything about you by another organisation.</p>`
        : html`<ul class="list">
            ${given.map(shortConsent)}
          </ul>`
    }
    <h2>Told most recently</h2>
    ${
      told.length === 0
        ? html`<p>Nobody has been told anything about you.</p>`
        : html`<ol class="list">
            ${told.slice(0, slipEntries).map(shortItem)}
          </ol>`
    }
    ${more > 0 ? html`<p>And ${more} more before. Ask for the full list if you want it.</p>` : nothing}`;
}

function summary(
  told: readonly ViewEntry[],
  blocked: readonly ViewEntry[],
  isWhole: boolean,
): Html {
  const readers = [
    ...new Set(
      told
        .filter(({ outcome, sameAgency }) => outcome !== 'waiting' && !sameAgency)
        .map(({ to }) => to.name),
    ),
  ].toSorted();
  if (readers.length === 0)
    return html`No other organisation has been told anything about
    you${isWhole ? '' : ' by or to this one'}.`;
  const stopped =
    blocked.length === 0 ? '' : ` ${times(blocked.length)} something was blocked or stopped.`;
  return html`Told so far: <b>${readers.join('; ')}</b>.${stopped}`;
}

const times = (count: number): string =>
  count === 1 ? 'Once' : count === 2 ? 'Twice' : `${count} times`;

const rights = html`<div class="box">
  <p>
    <b>You can change your mind at any time.</b> Tell your adviser, your keyworker or anyone working
    with you: face to face, by telephone or in writing. You do not have to say why.
  </p>
  <p>
    From then on nothing more is passed on. Anyone who already has something is asked to stop using
    it.
  </p>
  <p>
    What is shared is for support only. It is voluntary, and it is no evidence for a sanction. If
    somebody is in serious danger, people may still have to act, outside this network.
  </p>
</div>`;

const leftOutOfThis = html`<h2>What is not on this list</h2>
  <p>
    Short reminders to staff who already work with you are not listed. Nor is what each organisation
    writes in its own files: ask them for that.
  </p>`;

const footer = html`<footer>
  <p>
    <b>Something here is wrong, or worries you?</b> Ask the person who gave you this, or anyone you
    trust there, to go through it with you.
  </p>
  <p class="quiet">Keep this paper safe, or ask for it to be destroyed. You can have a new one.</p>
</footer>`;

interface Group {
  readonly head: ViewConsent;
  /** The same holds the other way round. */
  readonly isMutual: boolean;
  readonly purposes: readonly ViewConsent['purpose'][];
}

/** Lines of one answer of the client, to the same people, said once. */
function groups(consents: readonly ViewConsent[]): readonly Group[] {
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

function consentItem(group: Group): Html {
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
    <p class="quiet">${period(head)} Form ${head.form}, ${when(head.recordedAt)}.</p>
  </li> `;
}

/** On the slip: only what stands, and until when. */
function shortConsent(group: Group): Html {
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
      return head.withdrawnAt === undefined ? '' : `Taken back on ${when(head.withdrawnAt)}.`;
    case 'refused':
      return '';
  }
}

function entryItem(entry: ViewEntry): Html {
  const isNo = entry.outcome === 'blocked' || entry.outcome === 'stopped';
  const told = entry.told
    .filter((category) => category !== 'administration')
    .map((category) => categoryWords[category]);
  const withheld = entry.withheld.map((category) => categoryWords[category]);
  return html`<li class="${isNo ? 'item no' : 'item'}">
    <h3>${when(entry.at)}</h3>
    <p>${sentence(entry)}</p>
    ${outcome(entry)} ${told.length === 0 ? nothing : html`<p>What went: ${told.join('; ')}.</p>`}
    ${withheld.length === 0 ? nothing : html`<p>Left out: ${withheld.join('; ')}.</p>`}
    ${entry.stopUsing ? html`<p>You took your consent back later. They were asked to stop using it.</p>` : nothing}
    ${why(entry)}
  </li> `;
}

function outcome({ outcome: kind, reason }: ViewEntry): Html {
  if (outcomeWords[kind] === '') return nothing;
  return html`<p>
    <span class="mark">${outcomeWords[kind]}</span
    >${reason === undefined ? '' : ` ${reasonWords[reason]}`}
  </p>`;
}

function shortItem(entry: ViewEntry): Html {
  return html`<li class="item">
    <h3>${dayWords(londonDate(new Date(entry.at)))}</h3>
    <p>
      ${sentence(entry)}${
        entry.outcome === 'told-in-part' ? ' Some things were left out.' : ''
      }${entry.stopUsing ? ' They were asked to stop using it.' : ''}
    </p>
  </li> `;
}

function sentence({ from, to, type, outcome }: ViewEntry): Html {
  const verb =
    outcome === 'blocked' || outcome === 'stopped'
      ? 'wanted to tell'
      : outcome === 'waiting'
        ? 'is telling'
        : 'told';
  return html`<b>${from.name}</b> ${verb} <b>${to.name}</b> ${wordsOfMessage(type)}.`;
}

function why({ consents, sameAgency, outcome }: ViewEntry): Html {
  if (sameAgency)
    return html`<p class="quiet">Inside one organisation: your consent is not asked for this.</p>`;
  if (consents.length === 0 || outcome === 'blocked') return nothing;
  const forms = [
    ...new Set(consents.map(({ form, recordedAt }) => `form ${form}, ${when(recordedAt)}`)),
  ];
  return html`<p class="quiet">Because you had said yes: ${forms.join('; ')}.</p>`;
}

/** Day and time as people write them, in British time. */
function when(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? '' : `${dayWords(londonDate(at))}, ${londonTime(at)}`;
}
