import { describe, expect, it } from '@jest/globals';
import { renderClientView } from '#libs/client-view/render-client-view.js';
import { categoryWords, wordsOfMessage } from '#libs/client-view/plain-words.js';
import type { ClientView, ViewEntry } from '#libs/contracts/client-view.js';
import { messageNames, ruleOf, typeOf } from '#libs/contracts/message-table.js';
import {
  type ToldRecord,
  PartyNames,
  viewEntry,
} from '#services/consent-guard/domain/client-view.js';
import { GuardDesk } from '#test/support/guard-builders.js';
import { tpr2Consent } from '#test/support/guard-forms.js';

const names = new PartyNames([
  { id: 'tp_river', agency: 'river', kind: 'treatment-provider', name: 'River <Recovery>' },
  { id: 'jcp_wandsworth', agency: 'jcp', kind: 'jobcentre', name: 'Jobcentre Wandsworth' },
  { id: 'jcp_lambeth', agency: 'jcp', kind: 'jobcentre', name: 'Jobcentre Lambeth' },
]);
const viewOf = (entries: readonly ViewEntry[], more: Partial<ClientView> = {}): ClientView => ({
  scope: 'whole',
  madeAt: '2026-07-01T08:30:00Z',
  page: 0,
  pages: 1,
  consents: [],
  entries: [...entries],
  ...more,
});
const toldOf = (record: ToldRecord['record'], more: Partial<ToldRecord> = {}): ToldRecord => ({
  record,
  firstAt: new Date('2026-03-02T09:00:00Z'),
  told: ['identity', 'administration'],
  withheld: [],
  isCollected: false,
  ...more,
});

describe("a client's view", () => {
  it('tells why something did not go, and never what would have gone', () => {
    const desk = new GuardDesk();
    const { record } = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' });
    expect(record.verdict.kind).toBe('refused');
    const unknown = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
    });
    expect(unknown.record.verdict.kind).toBe('cleared');
    const refused = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => ({ ...tpr2Consent(c, ['jcp_wandsworth']), decision: 'refused' }),
    });
    expect(refused.record.verdict.kind).toBe('cleared');
    const blocked = desk.send({
      from: 'tp_river',
      name: 'tpr2.shared',
      to: 'jcp_wandsworth',
    }).record;
    expect(viewEntry(toldOf(blocked), new Map(), names)).toMatchObject({
      outcome: 'blocked',
      reason: 'no-consent',
      told: [],
      from: { name: 'River <Recovery>' },
    });
    const stopped = {
      ...blocked,
      verdict: { kind: 'stopped' as const, reason: 'withdrawn' as const },
    };
    expect(viewEntry(toldOf(stopped), new Map(), names)).toMatchObject({
      outcome: 'stopped',
      reason: 'withdrawn',
      told: [],
    });
    const limited = {
      ...blocked,
      verdict: { kind: 'stopped' as const, reason: 'consent-changed' as const },
    };
    expect(viewEntry(toldOf(limited), new Map(), names)).toMatchObject({
      outcome: 'stopped',
      reason: 'limited',
      told: [],
    });
    const had = viewEntry(toldOf(limited, { mayBeHad: true }), new Map(), names);
    expect(had).toMatchObject({ outcome: 'told', told: ['identity', 'administration'] });
    expect(had).not.toHaveProperty('reason');
    expect(names.ofAgency('jcp').name).toBe('Jobcentre Plus');
    expect(names.ofAgency('role:treatment@west-yorkshire').name).toBe(
      'A treatment service in West Yorkshire',
    );
  });

  it('says in plain words what every type that crosses agencies is about', () => {
    for (const name of messageNames.filter((each) => ruleOf(each).purpose !== null))
      expect([name, /TPR|DPA|JCP|SPoC/.test(wordsOfMessage(typeOf(name)))]).toEqual([name, false]);
    expect(new Set(Object.values(categoryWords)).size).toBe(Object.keys(categoryWords).length);
  });

  it('is one file that calls nothing, escapes what people wrote, and says what it says in words', () => {
    const entry: ViewEntry = {
      message: 'x',
      at: '2026-03-02T09:05:00Z',
      type: typeOf('tpr2.shared'),
      from: names.ofParty('tp_river'),
      to: { id: 'x', name: '<script>alert(1)</script>' },
      outcome: 'told-in-part',
      told: ['employment'],
      withheld: ['contact'],
      stopUsing: true,
      sameAgency: false,
      consents: [{ consent: 'c', form: 'TPR2', recordedAt: '2026-03-01T10:00:00Z' }],
    };
    for (const format of ['page', 'slip'] as const) {
      const text = renderClientView([viewOf([entry])], format);
      expect(text).not.toMatch(/<script|<img|<link|https?:|src=|url\(|@import/);
      expect(text).toContain('&lt;script&gt;');
      expect(text).toContain('lang="en-GB"');
      expect(text).toContain('1 July 2026, 09:30');
      expect(text).toContain('They were asked to stop using it');
      expect(text.match(/<h1>/g)).toHaveLength(1);
      expect(text).toBe(renderClientView([viewOf([entry])], format));
    }
    const page = renderClientView([viewOf([entry])], 'page');
    expect(page).toContain('Left out: your address and telephone number.');
    expect(page).toContain('form TPR2, 1 March 2026, 10:00');
    const line = {
      from: names.ofAgency('river'),
      to: names.ofAgency('jcp'),
      purpose: 'exit-notice' as const,
      form: 'TPR2' as const,
      state: 'given' as const,
      ruledOut: [],
      validFrom: '2026-03-02',
      validUntil: '2027-03-01',
      recordedAt: '2026-03-02T09:00:00Z',
    };
    const both = renderClientView(
      [viewOf([], { consents: [line, { ...line, from: line.to, to: line.from }] })],
      'page',
    );
    expect(both.match(/may tell each other/g)).toHaveLength(1);
    expect(both).not.toMatch(/<\/b> may tell <b>/);
    expect(renderClientView([viewOf([])], 'page')).toContain(
      'Nobody has been told anything about you.',
    );
    expect(renderClientView([viewOf([], { scope: 'own-part' })], 'slip')).toContain(
      'one organisation’s part',
    );
  });
});
