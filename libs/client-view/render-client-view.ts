import type { ClientView, ViewConsent, ViewEntry } from '#libs/contracts/client-view.js';
import { consentItem, groupConsents, shortConsent } from './consent-items.js';
import { entryItem, shortItem } from './entry-items.js';
import { Html, html, nothing } from './html.js';
import { momentWords } from '#libs/calendar/day-words.js';
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
            As things stood on ${momentWords(made)}. Your name is left out on purpose, in case this
            paper is lost.
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
            ${groupConsents(consents).map(consentItem)}
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
  const given = groupConsents(consents.filter(({ state }) => state === 'given'));
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
