import { beforeAll, describe, expect, it } from '@jest/globals';
import { DeskReader } from '#test/support/desk-reader.js';
import { town } from './desk-shared-town.js';

/* What somebody began to write, put aside, and went on with: found by its author alone. Each test has a client of its own. */

let nadia: DeskReader;
let leroy: DeskReader;

const savedOnToday = async (reader: DeskReader, caseId: string): Promise<readonly string[]> =>
  (await reader.open('/today')).links
    .filter(({ href, text }) => href.startsWith(`/cases/${caseId}/`) && text.startsWith('Go on'))
    .map(({ href }) => href);

describe('a form saved for later', () => {
  // Within: what it makes would be on the lists of the stories before.
  beforeAll(async () => {
    const { trt_riverside: riverside = '' } = town.desks.urls;
    [nadia, leroy] = await Promise.all([
      DeskReader.signIn(riverside, /Nadia Mithal/),
      DeskReader.signIn(riverside, /Leroy/),
    ]);
  });

  it('a TPR2 is on its author’s Today, opens as it was, and is gone from there once it is sent', async () => {
    const caseId = await town.referred();
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const consent = (await nadia.open(`/cases/${caseId}/consent?form=TPR2`)).form(/Record the/);
    await nadia.submit(consent, {
      statements: consent.choices('statements'),
      decision: 'given',
      parties: 'jcp_wandsworth',
      copy: 'yes',
    });

    const asked = await nadia.open(`/cases/${caseId}/do/tpr2.shared`);
    const id = asked.form(/See what will go/).value('id');
    // Half of it: the kind of referral is still missing.
    const saved = await nadia.submit(asked.form(/Save for later/), {
      treatmentSummary: 'half a sentence',
      'employment.goals': 'Warehouse work',
    });
    expect([saved.status, saved.path]).toEqual([200, `/cases/${caseId}/do/tpr2.shared?id=${id}`]);
    expect(saved.text).toContain('You saved this for later, and it has not gone.');

    expect(await savedOnToday(leroy, caseId)).toEqual([]);
    expect((await leroy.open(saved.path)).html).not.toContain('half a sentence');
    const [address = ''] = await savedOnToday(nadia, caseId);
    const again = (await nadia.open(address)).form(/See what will go/);
    expect([again.value('id'), again.value('treatmentSummary')]).toEqual([id, 'half a sentence']);

    const preview = await nadia.submit(again, { referralKind: 'drug-strategy' });
    const sent = await nadia.submit(preview.form(/^Send/));
    expect(sent.path).toBe(`/cases/${caseId}/messages/${id}`);
    expect(await savedOnToday(nadia, caseId)).toEqual([]);
    expect((await nadia.open(address)).path).toBe(sent.path);
  });

  it('the answer to a question of consent comes back as it was, under the case that it is of', async () => {
    const [caseId, other] = [await town.referred(), await town.referred()];
    await nadia.openWhen(`/cases/${other}`, /Acknowledge/);
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const asked = (await nadia.open(`/cases/${caseId}/consent?form=TPR2`)).form(/Save for later/);
    const saved = await nadia.submit(asked, { copy: 'no', excluded: 'treatment-summary' });
    expect(saved.form(/Record the answer/).value('excluded')).toBe('treatment-summary');
    const [address = ''] = await savedOnToday(nadia, caseId);
    const elsewhere = await nadia.open(address.replace(caseId, other));
    expect(elsewhere.form(/Record the answer/).value('copy')).toBe('');
    const form = (await nadia.open(address)).form(/Record the answer/);
    const recorded = await nadia.submit(form, {
      statements: form.choices('statements'),
      decision: 'refused',
      parties: 'jcp_wandsworth',
    });
    expect(recorded.heading).toMatch(/^Consent given or refused/);
    expect(await savedOnToday(nadia, caseId)).toEqual([]);
  });
});
