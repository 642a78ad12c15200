import { dayWords, momentWords } from '#libs/calendar/day-words.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { ViewEntry } from '#libs/contracts/client-view.js';
import { Html, html, nothing } from './html.js';
import { categoryWords, outcomeWords, reasonWords, wordsOfMessage } from './plain-words.js';

export function entryItem(entry: ViewEntry): Html {
  const isNo = entry.outcome === 'blocked' || entry.outcome === 'stopped';
  const told = entry.told
    .filter((category) => category !== 'administration')
    .map((category) => categoryWords[category]);
  const withheld = entry.withheld.map((category) => categoryWords[category]);
  return html`<li class="${isNo ? 'item no' : 'item'}">
    <h3>${momentWords(entry.at)}</h3>
    <p>${sentence(entry)}</p>
    ${outcomeLine(entry)}
    ${told.length === 0 ? nothing : html`<p>What went: ${told.join('; ')}.</p>`}
    ${withheld.length === 0 ? nothing : html`<p>Left out: ${withheld.join('; ')}.</p>`}
    ${entry.stopUsing ? html`<p>You took your consent back later. They were asked to stop using it.</p>` : nothing}
    ${why(entry)}
  </li> `;
}

function outcomeLine({ outcome: kind, reason }: ViewEntry): Html {
  if (outcomeWords[kind] === '') return nothing;
  return html`<p>
    <span class="mark">${outcomeWords[kind]}</span
    >${reason === undefined ? '' : ` ${reasonWords[reason]}`}
  </p>`;
}

export function shortItem(entry: ViewEntry): Html {
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
    ...new Set(consents.map(({ form, recordedAt }) => `form ${form}, ${momentWords(recordedAt)}`)),
  ];
  return html`<p class="quiet">Because you had said yes: ${forms.join('; ')}.</p>`;
}
