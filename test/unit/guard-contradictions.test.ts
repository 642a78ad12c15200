import { describe, expect, it } from '@jest/globals';
import type { MessageName } from '#libs/contracts/message-table.js';
import { against, cleared, openCase } from '#test/support/agreed-case.js';
import { GuardDesk, uuidOf } from '#test/support/guard-builders.js';
import { tpr1, tpr2Consent } from '#test/support/guard-forms.js';

const [jcp, river, works, hill] = ['jcp_wandsworth', 'tp_river', 'cp_works', 'tp_hill'];

describe('the outcome of an appointment', () => {
  function booked() {
    const open = openCase();
    const booking = open.send(river, 'appointment.booked', jcp, { cites: open.referral }).id;
    const outcome = (name: 'attended' | 'did-not-attend', data: object = {}) =>
      open.send(river, `appointment.${name}`, jcp, { cites: open.referral, data });
    return { ...open, booking, outcome };
  }

  it('is told once: a second names the first, and is the other of the two', () => {
    const { outcome, booking } = booked();
    const first = outcome('did-not-attend', { appointment: booking });
    expect(first.verdict).toEqual(cleared);
    for (const more of [{}, { appointment: booking }, { corrects: uuidOf('another') }])
      expect(outcome('attended', more).verdict).toMatchObject(against('data.corrects', first.id));
    expect(outcome('did-not-attend', { corrects: first.id }).verdict).toMatchObject(
      against('data.corrects', first.id),
    );
    const corrected = outcome('attended', { corrects: first.id });
    expect(corrected.verdict).toEqual(cleared);
    expect(outcome('did-not-attend', { corrects: first.id }).verdict).toMatchObject(
      against('data.corrects', corrected.id),
    );
    expect(outcome('did-not-attend', { corrects: corrected.id }).verdict).toEqual(cleared);
  });

  it('corrects nothing where nothing was told', () => {
    const { outcome } = booked();
    expect(outcome('attended', { corrects: uuidOf('nothing') }).verdict).toMatchObject(
      against('data.corrects', 'no outcome'),
    );
  });

  it('of a second appointment stands beside that of the first', () => {
    const { send, outcome, referral } = booked();
    expect(outcome('did-not-attend').verdict).toEqual(cleared);
    const second = send(river, 'appointment.booked', jcp, { cites: referral }).id;
    expect(outcome('attended', { appointment: second }).verdict).toEqual(cleared);
  });

  it('names an appointment as it stands, and one of its own referral', () => {
    const { send, outcome, booking } = booked();
    const moved = send(river, 'appointment.moved', jcp, { cites: booking });
    expect(moved.verdict).toEqual(cleared);
    expect(outcome('attended', { appointment: booking }).verdict).toMatchObject(
      against('data.appointment', `${moved.id} of ${String(moved.facts['startsAt'])}`),
    );
    const other = send(jcp, 'referral.requested', river).id;
    const elsewhere = send(river, 'appointment.booked', jcp, { cites: other }).id;
    for (const appointment of [uuidOf('nothing'), elsewhere])
      expect(outcome('attended', { appointment }).verdict).toMatchObject({
        reason: 'cause-unknown',
        field: 'data.appointment',
      });
    expect(outcome('attended', { appointment: moved.id }).verdict).toEqual(cleared);
  });

  it('that was refused for want of consent does not stand, nor does one of another provider', () => {
    const { desk, send, consent, outcome, referral } = booked();
    const feedback = (decision: string) =>
      consent(jcp, (c) => ({
        ...tpr1(c, [river]),
        purposes: ['attendance-feedback'],
        decision,
        takenAt: new Date(desk.nowMs).toISOString(),
      }));
    feedback('refused');
    expect(outcome('did-not-attend').verdict).toMatchObject({ reason: 'no-consent-on-record' });
    desk.nowMs += 60_000;
    feedback('given');
    const theirs = send(jcp, 'referral.requested', hill).id;
    expect(send(hill, 'appointment.did-not-attend', jcp, { cites: theirs }).verdict).toEqual(
      cleared,
    );
    expect(outcome('attended').verdict).toEqual(cleared);
    expect(send(jcp, 'referral.cancelled', hill, { cites: theirs }).verdict).toEqual(cleared);
    expect(send(jcp, 'referral.cancelled', river, { cites: referral }).verdict).toMatchObject(
      against('data.referral', 'the client attended'),
    );
  });

  it('that was wrong is to be used no more where no consent covers its correction, and the sender is told so', () => {
    const { desk, outcome } = booked();
    const wrong = outcome('did-not-attend');
    desk.wait(366);
    const before = desk.delivered.length;
    const refused = outcome('attended', { corrects: wrong.id });
    expect(refused.verdict).toMatchObject({
      reason: 'no-consent-on-record',
      detail: expect.stringContaining('has been told to stop using it'),
    });
    expect(desk.delivered.slice(before)).toMatchObject([
      {
        recipient: jcp,
        message: {
          source: '/parties/guard',
          data: { what: 'stop-using-and-take-off-the-record', message: wrong.id },
        },
      },
    ]);
    expect(desk.world.record(desk.delivered.at(-1)?.id ?? '')).toMatchObject({
      name: 'instruction.stop-using',
      cause: refused.id,
      facts: { message: wrong.id },
    });
    // Tried again: the same answer, and no second instruction.
    expect(outcome('attended', { corrects: wrong.id }).verdict).toEqual(refused.verdict);
    expect(desk.delivered).toHaveLength(before + 1);
  });

  it('that may not be told and corrects nothing instructs nobody', () => {
    const { desk, outcome } = booked();
    desk.wait(366);
    const before = desk.delivered.length;
    expect(outcome('attended').verdict).toEqual({
      kind: 'refused',
      reason: 'no-consent-on-record',
    });
    expect(desk.delivered).toHaveLength(before);
  });

  it('leaves its appointment as it was: it is not moved or called off any more', () => {
    const { send, outcome, booking, referral } = booked();
    const second = send(river, 'appointment.booked', jcp, { cites: referral }).id;
    const told = outcome('attended', { appointment: booking }).id;
    for (const name of ['appointment.moved', 'appointment.cancelled'] as const) {
      expect(send(river, name, jcp, { cites: booking }).verdict).toMatchObject(
        against('data.appointment', told),
      );
      expect(send(river, name, jcp, { cites: second }).verdict).toEqual(
        name === 'appointment.moved'
          ? cleared
          : against('data.appointment', 'the one that stands is'),
      );
    }
  });

  it('that comes a second time under its own id is no second outcome', () => {
    const { desk, referral } = booked();
    const incoming = desk.incoming({
      from: river,
      name: 'appointment.attended',
      to: jcp,
      cites: referral,
      seed: 'again',
    });
    expect(desk.judge(incoming).record.verdict).toEqual(cleared);
    expect(desk.judge(incoming).record.verdict).toEqual(cleared);
  });
});

describe('an appointment', () => {
  it('is moved and cancelled as it stands', () => {
    const { send, referral } = openCase();
    const booking = send(river, 'appointment.booked', jcp, { cites: referral }).id;
    const moved = send(river, 'appointment.moved', jcp, { cites: booking }).id;
    for (const name of ['appointment.moved', 'appointment.cancelled'] as const)
      expect(send(river, name, jcp, { cites: booking }).verdict).toMatchObject(
        against('data.appointment', moved),
      );
    const off = send(river, 'appointment.cancelled', jcp, { cites: moved });
    expect(off.verdict).toEqual(cleared);
    expect(send(river, 'appointment.moved', jcp, { cites: moved }).verdict).toMatchObject(
      against('data.appointment', `cancelled by throughcare.appointment.cancelled.v1 ${off.id}`),
    );
  });
});

describe('a referral', () => {
  it('is not cancelled once the client attended, but where that was a mistake', () => {
    const { send, referral } = openCase();
    const attended = send(river, 'appointment.attended', jcp, { cites: referral }).id;
    expect(send(jcp, 'referral.cancelled', river, { cites: referral }).verdict).toMatchObject(
      against('data.referral', attended),
    );
    send(river, 'appointment.did-not-attend', jcp, {
      cites: referral,
      data: { corrects: attended },
    });
    expect(send(jcp, 'referral.cancelled', river, { cites: referral }).verdict).toEqual(cleared);
  });
});

describe('a review', () => {
  function offered(data: object = {}) {
    const open = openCase();
    const request = open.send(river, 'review.requested', jcp).id;
    const offer = open.send(jcp, 'review.offered', river, { cites: request, data });
    const answer = (name: MessageName, cites: string, more: object = {}) =>
      name === 'review.held' || name === 'review.not-held' || name === 'review.moved'
        ? open.send(jcp, name, river, { cites, data: more })
        : open.send(river, name, jcp, { cites, data: more });
    return { ...open, request, offer, answer };
  }

  it('is accepted at the time that was offered, however that is written', () => {
    const { offer, answer } = offered({ startsAt: '2026-03-09T10:00:00Z' });
    expect(
      answer('review.accepted', offer.id, { startsAt: '2026-03-09T11:00:00Z' }).verdict,
    ).toMatchObject(against('data.startsAt', `${offer.id} of 2026-03-09T10:00:00Z`));
    expect(
      answer('review.accepted', offer.id, { startsAt: '2026-03-09T12:00:00+02:00' }).verdict,
    ).toEqual(cleared);
  });

  it.each(['review.accepted', 'review.declined', 'review.held', 'review.not-held'] as const)(
    'is not %s by an offer that was moved',
    (name) => {
      const { offer, answer } = offered();
      const moved = answer('review.moved', offer.id).id;
      expect(answer(name, offer.id).verdict).toMatchObject(against('data.offer', moved));
      expect(answer('review.moved', offer.id).verdict).toMatchObject(against('data.offer', moved));
      expect(answer(name, moved).verdict).toEqual(cleared);
    },
  );

  it.each(['review.declined', 'review.held', 'review.not-held', 'review.cancelled'] as const)(
    'has no open offer after it is %s',
    (name) => {
      const { offer, answer } = offered();
      const last = answer(name, offer.id).id;
      for (const next of ['review.accepted', 'review.held', 'review.moved'] as const)
        expect(answer(next, offer.id).verdict).toMatchObject(against('data.offer', last));
    },
  );

  it('is offered again after it was declined, and not after it was called off', () => {
    const { send, request, offer, answer } = offered();
    answer('review.declined', offer.id);
    const second = send(jcp, 'review.offered', river, { cites: request });
    expect(second.verdict).toEqual(cleared);
    expect(answer('review.accepted', second.id).verdict).toEqual(cleared);
    const off = send(jcp, 'review.cancelled', river, { cites: request }).id;
    expect(send(jcp, 'review.offered', river, { cites: request }).verdict).toMatchObject(
      against('data.request', off),
    );
    expect(answer('review.cancelled', second.id).verdict).toMatchObject(
      against('data.review', off),
    );
  });

  it.each([
    ['2026-03-09T07:59:59Z', false],
    ['2026-03-09T08:00:00Z', true],
    ['2026-03-09T17:59:00Z', true],
    ['2026-03-09T18:00:00Z', false],
    ['2026-07-06T07:00:00Z', true],
    ['2026-07-06T17:00:00Z', false],
    ['2026-03-14T10:00:00Z', false],
    ['2026-04-03T10:00:00Z', false],
  ])('at %s is within the hours of reviews: %s', (startsAt, isWithin) => {
    const { send, request, offer } = offered({ startsAt, agreedLocally: false });
    expect(offer.verdict).toMatchObject(
      isWithin ? cleared : against('data.startsAt', 'agreedLocally'),
    );
    const agreed = send(jcp, 'review.offered', river, {
      cites: request,
      data: { startsAt, agreedLocally: true },
    });
    expect(agreed.verdict).toEqual(cleared);
  });
});

describe('an exit', () => {
  it('is taken back only while the newest that was told was likely', () => {
    const { send } = openCase();
    const exit = (kind: string) => send(river, 'exit.notified', jcp, { data: { exit: kind } }).id;
    const stays = (cites: string) => send(river, 'exit.stays-in-treatment', jcp, { cites }).verdict;
    const likely = exit('unplanned-likely');
    expect(stays(likely)).toEqual(cleared);
    expect(stays(likely)).toMatchObject(against('data.about', 'it is told already'));
    const over = exit('unplanned');
    for (const cites of [likely, over])
      expect(stays(cites)).toMatchObject(against('data.about', `${over} of 2026-03-02: unplanned`));
  });

  it('does not go where there is no trace of the client, until the TPR2 is shared again', () => {
    const { send } = openCase();
    const tpr2 = send(river, 'tpr2.shared', jcp).id;
    const request = send(river, 'review.requested', jcp).id;
    const gone = send(jcp, 'tpr2.no-trace', river, { cites: tpr2 }).id;
    expect(send(river, 'exit.notified', jcp).verdict).toMatchObject(against('to', gone));
    expect(send(river, 'review.requested', jcp).verdict).toMatchObject(against('to', gone));
    expect(send(river, 'review.cancelled', jcp, { cites: request }).verdict).toMatchObject(
      against('to', gone),
    );
    expect(send(river, 'exit.notified', works).verdict).toEqual(cleared);
    expect(send(river, 'tpr2.shared', jcp).verdict.kind).toMatch(/^cleared/);
    expect(send(river, 'exit.notified', jcp).verdict).toEqual(cleared);
  });
});

describe('who leads', () => {
  it('is answered by the other side, once, as it was proposed last', () => {
    const { desk, send, consent } = openCase();
    const probation = 'probation_south';
    desk.nowMs += 60_000;
    consent(river, (c) => ({ ...tpr2Consent(c, [probation]), purposes: ['agree-ete-lead'] }));
    const first = send(river, 'lead.proposed', probation);
    expect(first.verdict).toEqual(cleared);
    expect(desk.delivered.at(-1)?.message.terms).toMatch(/no evidence for a breach/);
    const agree = (from: string, to: string, cites: string) =>
      send(from, 'lead.agreed', to, { cites }).verdict;
    expect(agree(river, probation, first.id)).toMatchObject(against('data.proposal', 'your own'));
    const second = send(river, 'lead.proposed', probation).id;
    expect(agree(probation, river, first.id)).toMatchObject(against('data.proposal', second));
    expect(agree(probation, river, second)).toEqual(cleared);
    expect(send(probation, 'lead.declined', river, { cites: second }).verdict).toMatchObject(
      against('data.proposal', 'throughcare.lead.agreed.v1'),
    );
    expect(send(river, 'exit.notified', probation).verdict).toMatchObject({
      reason: 'recipient-not-allowed',
    });
  });
});

describe('an exit under a consent to share', () => {
  function shared(more: object) {
    const desk = new GuardDesk();
    const consent = (data: object) =>
      desk.send({
        from: river,
        name: 'consent.recorded',
        to: 'mesh',
        data: (c) => {
          const form = tpr2Consent(c, [jcp]);
          const explained = form['explained'] as { readonly statements: readonly string[] };
          const statements = [...explained.statements, 'sharing-includes-exit'];
          return {
            ...form,
            purposes: ['share-employment-needs'],
            explained: { ...explained, statements },
            ...data,
          };
        },
      });
    consent(more);
    const exit = (kind: string) =>
      desk.send({
        from: river,
        name: 'exit.notified',
        to: jcp,
        data: (c) => ({ exit: kind, on: c.today }),
      }).record;
    return { desk, consent, exit };
  }

  it('is told, but a likely one is not', () => {
    const { exit } = shared({});
    expect(exit('planned').verdict).toEqual(cleared);
    expect(exit('unplanned').verdict).toEqual(cleared);
    expect(exit('unplanned-likely')).toMatchObject({
      verdict: { reason: 'no-consent-on-record' },
      inner: 'excluded',
    });
  });

  it.each([
    ['excludes the exit', { excludedCategories: ['exit'] }],
    ['refuses to share', { decision: 'refused' }],
  ])('is told no more once the client %s', (_what, later) => {
    const { desk, consent, exit } = shared({});
    desk.nowMs += 60_000;
    consent(later);
    expect(exit('planned').verdict).toMatchObject({ reason: 'no-consent-on-record' });
  });
});

describe('an exit that the client let be told expressly', () => {
  it('is told no more once the client refuses to share, until it is given alone', () => {
    const { desk, send, consent } = openCase();
    const exit = () => send(river, 'exit.notified', jcp, { data: { exit: 'planned' } }).verdict;
    expect(exit()).toEqual(cleared);
    const decide = (more: object) => {
      desk.nowMs += 60_000;
      consent(river, (c) => ({
        ...tpr2Consent(c, [jcp]),
        takenAt: new Date(desk.nowMs).toISOString(),
        ...more,
      }));
    };
    decide({ purposes: ['share-employment-needs'], decision: 'refused' });
    expect(exit()).toMatchObject({ reason: 'no-consent-on-record' });
    decide({ purposes: ['exit-notice'] });
    expect(exit()).toEqual(cleared);
    expect(send(river, 'tpr2.shared', jcp).verdict).toMatchObject({
      reason: 'no-consent-on-record',
    });
  });
});

describe('a TPR2', () => {
  it('is addressed to a person of its recipient, or to nobody', () => {
    const { send } = openCase();
    const shared = (addressee?: string) =>
      send(river, 'tpr2.shared', jcp, { data: addressee === undefined ? {} : { addressee } })
        .verdict;
    for (const addressee of ['p_tp_river', 'p_cp_works', 'p_nobody'])
      expect(shared(addressee)).toMatchObject({
        reason: 'person-not-entitled',
        field: 'data.addressee',
      });
    expect(shared('p_jcp_lambeth').kind).toMatch(/^cleared/);
    expect(shared().kind).toMatch(/^cleared/);
  });
});

describe('a step that a colleague has ended', () => {
  it('is not ended a second time: the second is told by whom and when', () => {
    const { send, referral } = openCase();
    const said = (outcome: string, about = referral) =>
      send(jcp, 'step.done', 'mesh', { data: { step: 'ask-client', outcome, about } });
    const first = said('done');
    expect(first.verdict).toEqual(cleared);
    expect(said('declined-by-client').verdict).toMatchObject(against('data.about', first.id));
    expect(said('declined-by-client').verdict).toMatchObject(
      against('data.about', String(first.actor)),
    );
    // Another step of that name.
    expect(said('done', uuidOf('another')).verdict).toEqual(cleared);
  });
});
