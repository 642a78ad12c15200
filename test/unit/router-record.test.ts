import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { meshEvent } from '#test/support/router-events.js';
import { atHome, done, openSteps, toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const update = 'update-record @ jcp_wandsworth';
const complete = 'complete-dpa1 @ jcp_wandsworth';
const shared = (dpa1Current: boolean) =>
  meshEvent('tpr2.shared', { sender: trt, to: jcp, facts: { dpa1Current } });
const dpa1 = (decision: string) => atHome('consent.recorded', jcp, { form: 'DPA1', decision });
const passed = (tpr2: MeshEvent) =>
  atHome('tpr2.passed-to-adviser', jcp, { adviser: 'p_jcp_wandsworth_2' }, { cause: tpr2.id });
const ofRecord = (...events: MeshEvent[]) =>
  openSteps(events).filter((step) => step === update || step === complete);

describe('the record of a job centre', () => {
  it('is the adviser’s to update when the TPR2 is passed to them, where a DPA1 stands', () => {
    const tpr2 = shared(true);
    const { steps, tellings } = toldCase([tpr2, passed(tpr2)]);
    expect(steps.at(-1)).toMatchObject({ step: 'update-record', holder: { who: 'caseworker' } });
    expect(tellings.at(-1)).toMatchObject({ kind: 'passed-to-you', step: 'update-record' });
    const again = [tpr2, passed(tpr2), passed(tpr2)];
    expect(ofRecord(...again)).toEqual([update]);
    expect(ofRecord(...again, done(jcp, 'update-record'))).toEqual([]);
  });

  it('waits for the DPA1: given after the TPR2 came, it opens the update, once', () => {
    const tpr2 = shared(false);
    const pass = passed(tpr2);
    expect(ofRecord(tpr2, pass)).toEqual([complete]);
    expect(ofRecord(tpr2, pass, dpa1('given'))).toEqual([update]);
    const first = shared(false);
    const given = dpa1('given');
    expect(ofRecord(first, given, passed(first))).toEqual([update]);
    expect(ofRecord(first, given, dpa1('given'))).toEqual([update]);
    expect(ofRecord(dpa1('given'))).toEqual([]);
  });

  it('is not updated once the client said no, took it back, or is not known there', () => {
    const tpr2 = shared(true);
    const pass = passed(tpr2);
    const withdrawn = atHome('consent.withdrawn', jcp, { form: 'DPA1', keep: '' });
    const returned = meshEvent('tpr2.no-trace', { sender: jcp, to: trt, cause: tpr2.id });
    for (const end of [withdrawn, returned, dpa1('refused')])
      expect(ofRecord(tpr2, pass, end)).toEqual([]);
  });

  it('goes with the TPR2, and not with a referral’s consent', () => {
    const tpr2 = shared(true);
    const pass = passed(tpr2);
    const stop = (form: string) =>
      meshEvent('instruction.stop-using', { sender: 'guard', to: jcp, facts: { form } });
    expect(ofRecord(tpr2, pass, stop('TPR1'))).toEqual([update]);
    expect(ofRecord(tpr2, pass, stop('TPR2'))).toEqual([]);
    const later = shared(false);
    const given = dpa1('given');
    expect(ofRecord(later, given, stop('TPR2'))).toEqual([]);
  });

  it('is never asked for again: a TPR2 after a no brings no request, no mail', () => {
    const withdrawn = atHome('consent.withdrawn', jcp, { form: 'DPA1', keep: '' });
    for (const no of [dpa1('refused'), withdrawn]) {
      const tpr2 = shared(false);
      expect(ofRecord(no, tpr2)).toEqual([]);
      expect(toldCase([no, tpr2]).tellings.map(({ kind }) => kind)).not.toContain('dpa1-needed');
      expect(openSteps([no, tpr2])).toContain('note-receipt @ jcp_wandsworth');
    }
    // A newer yes, and its lapse, stand in place of the no.
    const refused = dpa1('refused');
    const given = dpa1('given');
    expect(ofRecord(refused, given, shared(false))).toEqual([complete]);
  });
});
