import { describe, expect, it } from '@jest/globals';
import {
  type Client,
  type IdentityPrints,
} from '#services/consent-guard/domain/client-identity.js';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import { GuardDesk, printsOf, uuidOf } from '#test/support/guard-builders.js';
import {
  type ClientShown,
  type FormContext,
  ana,
  maria,
  tomas,
  tpr1,
  tpr2Consent,
  withdrawal,
} from '#test/support/guard-forms.js';

const otherDate = { ...maria, dateOfBirth: '1988-12-04' };
const otherName = { ...maria, surname: 'Simple' };
const anaWithNino = { ...ana, nino: 'QQ112233C' };

let cases = 0;
const newCase = (): string => uuidOf(`a case of its own ${(cases += 1)}`);

/** A referral that opens a case. */
const refer = (desk: GuardDesk, from: string, client: ClientShown, id = newCase()): Decision =>
  desk.send({ from, name: 'referral.requested', to: 'tp_river', client, case: id });
const consent = (desk: GuardDesk, from: string, client: ClientShown, id = newCase()): Decision =>
  desk.send({
    from,
    name: 'consent.recorded',
    to: 'mesh',
    client,
    case: id,
    data: (c: FormContext) => tpr1(c, ['tp_river']),
  });

/** All that its sender can come to know, and all that is written, but for ids. */
const seenOf = ({ record, effects, others }: Decision) => ({
  verdict: record.verdict,
  inner: record.inner,
  facts: record.facts,
  cause: record.cause,
  effects: effects.map(({ kind }) => kind),
  others,
});

describe('whom a case is opened for', () => {
  it('is found by NI number, date of birth and surname together', () => {
    const desk = new GuardDesk();
    const first = consent(desk, 'jcp_wandsworth', maria).record.client;
    expect(refer(desk, 'cp_works', maria).record.client).toBe(first);
    for (const other of [otherDate, otherName, { ...maria, nino: tomas.nino }])
      expect(
        refer(
          new GuardDesk({ clients: [{ id: first ?? '', prints: printsOf(maria) }] }),
          'cp_works',
          other,
        ).record.client,
      ).not.toBe(first);
  });

  it('is another client where a known number is shown with another date of birth or surname, and told as one unknown', () => {
    for (const shown of [otherDate, otherName, maria, tomas]) {
      const desk = new GuardDesk();
      consent(desk, 'jcp_wandsworth', maria);
      const unknown = refer(new GuardDesk(), 'cp_works', shown);
      expect(seenOf(refer(desk, 'cp_works', shown))).toEqual(seenOf(unknown));
      expect(unknown.record.verdict).toMatchObject({ reason: 'no-consent-on-record' });
    }
  });

  it('cannot be spoilt by who shows the number first', () => {
    const desk = new GuardDesk();
    for (const wrong of [otherDate, otherName]) consent(desk, 'cp_works', wrong, newCase());
    const id = newCase();
    expect(consent(desk, 'jcp_wandsworth', maria, id).record.verdict.kind).toBe('cleared');
    expect(refer(desk, 'jcp_wandsworth', maria, id).record.verdict.kind).toBe('cleared');
    const mine = desk.delivered.at(-1);
    expect(mine?.message.data['client']).toMatchObject({
      nino: maria.nino,
      dateOfBirth: maria.dateOfBirth,
    });
  });

  it('is a slip of the pen, told clearly, where all that the own agency has of the number is another date of birth or surname', () => {
    const desk = new GuardDesk();
    consent(desk, 'jcp_wandsworth', maria);
    for (const slip of [otherDate, otherName])
      for (const office of ['jcp_wandsworth', 'jcp_lambeth']) {
        const told = refer(desk, office, slip);
        expect(told.record).toMatchObject({
          verdict: { kind: 'refused', reason: 'identity-mismatch', field: 'data.client' },
        });
        expect(told.effects).toEqual([]);
      }
    // Whoever it reached knows the number by that case, and is told too.
    const id = newCase();
    consent(desk, 'jcp_wandsworth', maria, id);
    refer(desk, 'jcp_wandsworth', maria, id);
    expect(desk.delivered).toHaveLength(1);
    const data = (c: FormContext) => tpr2Consent(c, ['jcp_wandsworth']);
    const provider = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      client: otherDate,
      case: newCase(),
      data,
    });
    expect(provider.record.verdict).toMatchObject({ reason: 'identity-mismatch' });
  });

  it('is told as a slip whoever else has that very identity', () => {
    const desk = new GuardDesk();
    consent(desk, 'jcp_wandsworth', maria);
    const unknown = refer(desk, 'jcp_wandsworth', otherDate);
    consent(desk, 'cp_works', otherDate);
    expect(seenOf(refer(desk, 'jcp_wandsworth', otherDate))).toEqual(seenOf(unknown));
  });

  it('is no slip where one of the clients of the own agency is meant', () => {
    // Of two with one number; both came to this agency by cases that others opened.
    const both = new GuardDesk({
      clients: [otherDate, maria].map((shown) => ({
        id: uuidOf(shown.dateOfBirth),
        prints: printsOf(shown),
      })),
      holders: [otherDate, maria].map((shown) => [uuidOf(shown.dateOfBirth), 'jcp'] as const),
    });
    expect(refer(both, 'jcp_wandsworth', maria).record).toMatchObject({
      client: uuidOf(maria.dateOfBirth),
    });
    expect(refer(both, 'jcp_wandsworth', otherName).record.verdict).toMatchObject({
      reason: 'identity-mismatch',
    });
    expect(refer(both, 'cp_works', otherName).record.verdict).toMatchObject({
      reason: 'no-consent-on-record',
    });
  });

  it('is found by the parts where recorded before there was a hash of the whole, which is then written', () => {
    const old: Client = { id: uuidOf('old'), prints: { ...printsOf(maria), identity: undefined } };
    const desk = new GuardDesk({ clients: [old] });
    const known = refer(desk, 'cp_works', maria);
    expect(known.record.client).toBe(old.id);
    expect(desk.world.client(old.id)?.prints.identity).toBe(printsOf(maria).identity);
    const stranger = new GuardDesk({ clients: [old] });
    expect(seenOf(refer(stranger, 'cp_works', otherDate))).toEqual(
      seenOf(refer(new GuardDesk(), 'cp_works', otherDate)),
    );
  });

  it('is found under an older version of the key, and recorded under the one written with', () => {
    const under = (version: number, prints: IdentityPrints): IdentityPrints => ({
      keyVersion: version,
      identity: `${version} ${prints.identity}`,
      nino: `${version} ${prints.nino}`,
      dateOfBirth: `${version} ${prints.dateOfBirth}`,
      surname: `${version} ${prints.surname}`,
    });
    const old: Client = { id: uuidOf('old'), prints: under(1, printsOf(maria)) };
    const shown = (client: ClientShown, from: string) => {
      const desk = new GuardDesk({ clients: [old], holders: [[old.id, 'jcp']] });
      const incoming = desk.incoming({
        from,
        name: 'referral.requested',
        to: 'tp_river',
        client,
        case: newCase(),
      });
      const { record } = desk.judge({
        ...incoming,
        prints: under(2, printsOf(client)),
        earlierPrints: [under(1, printsOf(client))],
      });
      return { record, bound: desk.world.client(old.id) };
    };
    expect(shown(otherDate, 'jcp_wandsworth').record.verdict).toMatchObject({
      reason: 'identity-mismatch',
    });
    expect(shown(otherDate, 'cp_works').record.verdict).toMatchObject({
      reason: 'no-consent-on-record',
    });
    const known = shown(maria, 'cp_works');
    expect(known.record.client).toBe(old.id);
    expect(known.bound?.prints).toEqual(under(2, printsOf(maria)));
  });
});

describe('a message in a bound case', () => {
  it('is told by identity-mismatch what does not agree with its own client', () => {
    const desk = new GuardDesk();
    const id = newCase();
    consent(desk, 'jcp_wandsworth', maria, id);
    for (const other of [otherDate, otherName, tomas, { ...ana, nino: maria.nino }]) {
      const told = refer(desk, 'jcp_wandsworth', other, id);
      expect(told.record.verdict).toMatchObject({ kind: 'refused', reason: 'identity-mismatch' });
      expect(told.effects).toEqual([]);
    }
  });

  it('needs one hash where the identity is the one that is bound, and the rest only where it is not', () => {
    const desk = new GuardDesk();
    const id = newCase();
    consent(desk, 'jcp_wandsworth', maria, id);
    const asked: string[] = [];
    const counted = (prints: IdentityPrints): IdentityPrints =>
      new Proxy(prints, {
        get: (target, name) => (asked.push(String(name)), Reflect.get(target, name) as unknown),
      });
    const incoming = desk.incoming({
      from: 'jcp_wandsworth',
      name: 'referral.requested',
      to: 'tp_river',
      case: id,
    });
    const judged = desk.judge({ ...incoming, prints: counted(printsOf(maria)) });
    expect(judged.record.verdict.kind).toBe('cleared');
    expect(new Set(asked.filter((name) => name !== 'keyVersion'))).toEqual(new Set(['identity']));
  });
});

describe('a client served without an NI number', () => {
  it('who learns the number of nobody is found by it from then on', () => {
    const desk = new GuardDesk();
    const id = newCase();
    const first = consent(desk, 'jcp_wandsworth', ana, id).record.client;
    consent(desk, 'jcp_wandsworth', anaWithNino, id);
    expect(refer(desk, 'cp_works', anaWithNino).record.client).toBe(first);
    expect(
      refer(desk, 'jcp_wandsworth', { ...ana, nino: 'QQ999999D' }, id).record.verdict,
    ).toMatchObject({ reason: 'identity-mismatch' });
  });

  it('gets no answer by which to know that another client has that identity; the two stay two, and consents with whom they were given for', () => {
    const withOther = new GuardDesk();
    const theirs = newCase();
    const other = consent(withOther, 'cp_works', anaWithNino, theirs).record.client;
    const alone = new GuardDesk();
    const seen = [alone, withOther].map((desk) => {
      const id = newCase();
      const decisions = [
        consent(desk, 'jcp_wandsworth', ana, id),
        consent(desk, 'jcp_wandsworth', anaWithNino, id),
      ];
      decisions.push(
        refer(desk, 'jcp_wandsworth', anaWithNino, id),
        refer(desk, 'jcp_wandsworth', ana, id),
      );
      return { id, decisions };
    });
    const [one, two] = seen.map(({ decisions }) => decisions.map(seenOf));
    expect(two).toEqual(one);
    const second = withOther.world.case(seen[1]?.id ?? '')?.client ?? '';
    expect(second).not.toBe(other);
    expect(withOther.world.client(second)).toMatchObject({ isSecond: true });
    // Found is still who had it before, and a withdrawal in the one case leaves the other's lines as they are.
    expect(refer(withOther, 'cp_works', anaWithNino, newCase()).record.client).toBe(other);
    withOther.send({
      from: 'jcp_wandsworth',
      name: 'consent.withdrawn',
      to: 'mesh',
      client: anaWithNino,
      case: seen[1]?.id ?? '',
      data: (c) => withdrawal(c, 'TPR1'),
    });
    expect(
      refer(withOther, 'jcp_wandsworth', anaWithNino, seen[1]?.id).record.verdict,
    ).toMatchObject({ reason: 'no-consent-on-record' });
    expect(refer(withOther, 'cp_works', anaWithNino, theirs).record.verdict.kind).toBe('cleared');
  });
});

describe('a withdrawal', () => {
  it('touches its own client only, whoever else has the NI number', () => {
    const desk = new GuardDesk();
    const [right, wrong] = [newCase(), newCase()];
    consent(desk, 'jcp_wandsworth', maria, right);
    consent(desk, 'cp_works', otherDate, wrong);
    desk.send({
      from: 'cp_works',
      name: 'consent.withdrawn',
      to: 'mesh',
      client: otherDate,
      case: wrong,
      data: (c) => withdrawal(c, 'TPR1'),
    });
    expect(refer(desk, 'cp_works', otherDate, wrong).record.verdict).toMatchObject({
      reason: 'no-consent-on-record',
    });
    expect(refer(desk, 'jcp_wandsworth', maria, right).record.verdict.kind).toBe('cleared');
  });
});
