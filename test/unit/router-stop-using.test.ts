import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { meshEvent } from '#test/support/router-events.js';
import { openSteps, toldCase } from '#test/support/told-case.js';

const [wandsworth, leeds, trt] = ['jcp_wandsworth', 'jcp_leeds', 'trt_acme'];

const shareWith = (to: string) =>
  meshEvent('tpr2.shared', { sender: trt, to, facts: { dpa1Current: true } });
const noTrace = (sender: string, cause: string) =>
  meshEvent('tpr2.no-trace', { sender, to: trt, cause });
const note = (sender: string, cause: string) =>
  meshEvent('tpr2.receipt-noted', { sender, to: trt, cause });
const instructed = (to: string, cause: string) =>
  meshEvent('instruction.stop-using', { sender: 'guard', to, cause });
const waitsOf = (events: readonly MeshEvent[]) =>
  toldCase(events).waits.map(({ answer, holder, counterpart }) =>
    [answer, holder.party, counterpart].join(' '),
  );

describe('no trace of the client at one of two offices that have a TPR2 of their own', () => {
  const [here, there] = [shareWith(wandsworth), shareWith(leeds)];
  const noted = [note(wandsworth, here.id), note(leeds, there.id)];
  const asked = [wandsworth, leeds].map((to) =>
    meshEvent('review.requested', { sender: trt, to, facts: {} }),
  );
  const before = [here, there, ...noted, ...asked];
  const gone = noTrace(leeds, there.id);
  const told = instructed(leeds, gone.id);

  it('ends the part of that office, and leaves the other’s', () => {
    expect(openSteps([...before, gone, told])).toEqual([
      `pass-to-adviser @ ${wandsworth}`,
      `offer-review @ ${wandsworth}`,
      `discuss-no-trace @ ${trt}`,
      `stop-using @ ${leeds}`,
    ]);
    const cause = asked[0]?.id ?? '';
    const offer = meshEvent('review.offered', { sender: wandsworth, to: trt, cause });
    const offered = [...before, offer, noTrace(leeds, there.id)];
    expect(waitsOf(offered)).toEqual([`review-answer ${wandsworth} ${trt}`]);
    expect(openSteps(offered).filter((step) => step.startsWith('answer'))).toEqual([
      `answer-review-offer @ ${trt}`,
    ]);
  });

  it('ends what the provider answers to that office alone', () => {
    const cause = asked[1]?.id ?? '';
    const offer = meshEvent('review.offered', { sender: leeds, to: trt, cause });
    const offered = [...before, offer];
    const answers = (events: readonly MeshEvent[]) =>
      openSteps(events).filter((step) => step.startsWith('answer'));
    expect(answers([...offered, noTrace(wandsworth, here.id)])).toHaveLength(1);
    expect(answers([...offered, noTrace(leeds, there.id)])).toEqual([]);
  });

  it('ends the case for the agency once no office has a TPR2 any more', () => {
    const ended = (events: readonly MeshEvent[]) =>
      toldCase(events).parts.find(({ agency }) => agency === 'jcp')?.end;
    const receipt = note(wandsworth, here.id);
    const passed = meshEvent('tpr2.passed-to-adviser', {
      sender: wandsworth,
      to: 'mesh',
      cause: here.id,
    });
    const settled = [here, there, receipt, passed, noTrace(leeds, there.id)];
    expect(openSteps(settled)).toEqual([
      `update-record @ ${wandsworth}`,
      `discuss-no-trace @ ${trt}`,
    ]);
    expect(ended(settled)).toBe(undefined);
    expect(ended([...settled, noTrace(wandsworth, here.id)])).toBe('no-trace');
  });
});

describe('no trace at the office to which the case has moved', () => {
  const shared = shareWith(wandsworth);
  const moved = meshEvent('case.moved-office', { sender: wandsworth, to: leeds });

  it.each([wandsworth, leeds])('ends what the first office had, said by %s', (sender) => {
    const gone = noTrace(sender, shared.id);
    const events = [shared, moved, note(leeds, shared.id), gone, instructed(leeds, gone.id)];
    expect(openSteps(events).filter((step) => !step.startsWith('name-adviser'))).toEqual([
      `discuss-no-trace @ ${trt}`,
      `stop-using @ ${leeds}`,
    ]);
    expect(toldCase([shared, moved, gone]).waits).toEqual([]);
  });
});

describe('a DPA1 that is to be returned', () => {
  const bright = 'cp_bright';
  const taken = meshEvent('consent.recorded', {
    sender: bright,
    to: 'mesh',
    facts: { form: 'DPA1', decision: 'given' },
  });
  const elsewhere = meshEvent('consent.withdrawn', { sender: trt, to: 'mesh' });
  const instruct = (form: string) =>
    meshEvent('instruction.stop-using', {
      sender: 'guard',
      to: bright,
      cause: elsewhere.id,
      facts: { form, keep: '' },
    });

  it('is not to be returned once its taker was told to stop using it', () => {
    expect(openSteps([taken])).toEqual([`return-dpa1 @ ${bright}`]);
    expect(openSteps([taken, instruct('DPA1')])).toEqual([`stop-using @ ${bright}`]);
    expect(openSteps([taken, instruct('TPR1')])).toContain(`return-dpa1 @ ${bright}`);
  });
});

describe('the instruction after no trace', () => {
  it('ends what was shared, and nothing of a referral of the same client', () => {
    const absent = meshEvent('appointment.did-not-attend', { sender: trt, to: wandsworth });
    const shared = shareWith(wandsworth);
    const gone = noTrace(wandsworth, shared.id);
    expect(openSteps([absent, shared, gone, instructed(wandsworth, gone.id)])).toContain(
      `discuss-did-not-attend @ ${wandsworth}`,
    );
  });
});

describe('the instruction after the TPR1 was withdrawn at the provider', () => {
  const referral = meshEvent('referral.requested', { sender: wandsworth, to: trt });
  const acknowledged = meshEvent('referral.acknowledged', {
    sender: trt,
    to: wandsworth,
    cause: referral.id,
  });
  const missed = meshEvent('appointment.did-not-attend', {
    sender: trt,
    to: wandsworth,
    cause: referral.id,
  });
  const withdrawn = (...before: readonly MeshEvent[]): readonly MeshEvent[] => {
    const withdrawal = meshEvent('consent.withdrawn', {
      sender: trt,
      to: 'mesh',
      facts: { form: 'TPR1', keep: '' },
    });
    return [...before, withdrawal, instructed(wandsworth, withdrawal.id)];
  };
  const lost = [`stop-using @ ${wandsworth}`, `ask-client @ ${wandsworth}`];

  it('leaves the adviser the step to ask the client, whatever stood open', () => {
    expect(openSteps(withdrawn(referral, acknowledged))).toEqual(lost);
    expect(openSteps(withdrawn(referral, acknowledged, missed))).toEqual(lost);
    const spoken = meshEvent('step.done', {
      sender: wandsworth,
      to: 'mesh',
      facts: { step: 'discuss-did-not-attend', outcome: 'done' },
    });
    expect(openSteps(withdrawn(referral, acknowledged, missed, spoken))).toEqual(lost);
    const { steps } = toldCase(withdrawn(referral, acknowledged));
    expect(steps.map(({ holder }) => holder.who)).toEqual(['team-leader', 'caseworker']);
  });

  it('leaves the same step however the provider’s part stood, so that nothing shows by it', () => {
    const [plain, absent] = [[], [missed]].map((more) => {
      const events = withdrawn(referral, acknowledged, ...more);
      const { id } = events.at(-1)!;
      return toldCase(events).steps.map(({ step, cause, other }) => [step, cause === id, other]);
    });
    expect(absent).toEqual(plain);
  });

  it('leaves the referral to another provider after a decline, and asks nothing where all was settled', () => {
    const declined = meshEvent('referral.declined', {
      sender: trt,
      to: wandsworth,
      cause: referral.id,
      facts: { reason: 'no-capacity' },
    });
    expect(openSteps(withdrawn(referral, declined))).toContain(`refer-elsewhere @ ${wandsworth}`);
    const attended = meshEvent('appointment.attended', {
      sender: trt,
      to: wandsworth,
      cause: referral.id,
    });
    expect(openSteps(withdrawn(referral, attended))).toEqual([`stop-using @ ${wandsworth}`]);
  });

  it('ends with the client’s next referral, or as the adviser says', () => {
    const events = withdrawn(referral, acknowledged);
    const said = (outcome: string) =>
      meshEvent('step.done', {
        sender: wandsworth,
        to: 'mesh',
        facts: { step: 'ask-client', outcome },
      });
    for (const outcome of ['done', 'declined-by-client'])
      expect(openSteps([...events, said(outcome)])).toEqual([`stop-using @ ${wandsworth}`]);
    const again = meshEvent('referral.requested', { sender: wandsworth, to: 'trt_beacon' });
    expect(openSteps([...events, again])).not.toContain(`ask-client @ ${wandsworth}`);
  });
});
