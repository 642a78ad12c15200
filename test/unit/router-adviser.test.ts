import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { meshEvent } from '#test/support/router-events.js';
import { atHome, openSteps } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const leeds = 'jcp_leeds';
const toProvider = { sender: jcp, to: 'trt_acme' };

describe('a caseload adviser for a JSA client', () => {
  const named = () => atHome('case.caseworker-named', jcp, { person: 'p_jcp_wandsworth_2' });
  const claim = (benefit = 'jsa') => atHome('claim.started', jcp, { benefit });
  const referral = (benefit = 'jsa') =>
    meshEvent('referral.requested', { ...toProvider, facts: { benefit } });
  const toName = (...events: MeshEvent[]) =>
    openSteps(events).filter((step) => step.startsWith('name-adviser'));

  it('is asked for once, by the claim; who refers has the client at their own desk', () => {
    const once = ['name-adviser @ jcp_wandsworth'];
    expect(toName(referral())).toEqual([]);
    expect(toName(claim())).toEqual(once);
    expect(toName(referral(), claim(), claim())).toEqual(once);
    expect(toName(claim('esa'))).toEqual([]);
    expect(toName(claim(), named())).toEqual([]);
  });

  it('is not asked for where one was named already, by the team leader or with the TPR2', () => {
    const passed = atHome('tpr2.passed-to-adviser', jcp, { adviser: 'p_jcp_wandsworth_2' });
    expect(toName(named(), claim())).toEqual([]);
    expect(toName(passed, claim())).toEqual([]);
  });

  it('is the new office’s to name once the case moved, asked for once', () => {
    const first = named();
    const moved = meshEvent('case.moved-office', { sender: jcp, to: leeds });
    const there = atHome('claim.started', leeds, { benefit: 'jsa' });
    expect(toName(first, moved, there)).toEqual(['name-adviser @ jcp_leeds']);
    const namedThere = atHome('case.caseworker-named', leeds, { person: 'p_jcp_leeds_1' });
    expect(toName(first, moved, namedThere, { ...there, seq: namedThere.seq + 1 })).toEqual([]);
  });
});
