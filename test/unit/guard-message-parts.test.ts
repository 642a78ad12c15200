import { describe, expect, it } from '@jest/globals';
import { readAddress, roleScopeKey } from '#libs/contracts/address.js';
import { dateProblem } from '#libs/contracts/date-rules.js';
import { localDate, instant } from '#libs/contracts/form-fields.js';
import { serviceParties } from '#libs/contracts/party.js';
import {
  effectId,
  isOwnEffectId,
  ownEffectId,
  uuidV7,
  uuidV7Time,
  uuidVersion,
} from '#libs/contracts/message-id.js';
import { type Client, agrees } from '#services/consent-guard/domain/client-identity.js';

const now = Date.parse('2026-03-02T09:00:00Z');

describe('an address', () => {
  it('is a party, a role in an area, or the mesh', () => {
    expect(readAddress('tp_river')).toEqual({ kind: 'party', party: 'tp_river' });
    expect(readAddress('mesh')).toEqual({ kind: 'mesh' });
    expect(readAddress('area:west-london/treatment')).toEqual({
      kind: 'area',
      district: 'west-london',
      role: 'treatment',
    });
  });

  it.each([
    '',
    '*',
    '>',
    'tp.river',
    'TP_RIVER',
    'hub',
    'guard',
    'events',
    'a'.repeat(41),
    '1tp',
    ' tp_river',
    'tp_river\n',
    'mesh ',
  ])('is not %j', (text) => expect(readAddress(text)).toBe('recipient-unknown'));

  it.each([
    'area:',
    'area:west-london',
    'area:atlantis/treatment',
    'area:west-london/',
    'area:west-london/police',
    'area:west-london/treatment/x',
    'area:*/treatment',
  ])('is no area %j', (text) => expect(readAddress(text)).toBe('area-unknown'));

  it('stands in the ledger as no party ever could', () => {
    expect(readAddress(roleScopeKey('treatment', 'west-london'))).toBe('recipient-unknown');
  });
});

describe('a message id', () => {
  it('tells when it was made', () => {
    const id = uuidV7(now, new Uint8Array(10).fill(255));
    expect([uuidVersion(id), uuidV7Time(id)]).toEqual([7, now]);
  });

  it.each([
    '',
    'X',
    '5D6F2B3E-7A1C-7B8E-9F00-1C2D3E4F5A6B',
    '5d6f2b3e-7a1c-9b8e-9f00-1c2d3e4f5a6b',
    '5d6f2b3e-7a1c-7b8e-cf00-1c2d3e4f5a6b',
    '5d6f2b3e7a1c7b8e9f001c2d3e4f5a6b',
  ])('is not %j', (text) => expect(uuidVersion(text)).toBeUndefined());

  it('of an effect is the same for the same cause, and another for any other', () => {
    const id = effectId('cause', 'effect', 1);
    expect(uuidVersion(id)).toBe(8);
    expect(effectId('cause', 'effect', '1')).toBe(id);
    const others = [
      effectId('cause', 'effect'),
      effectId('cause', 'effect', 2),
      effectId('other', 'effect', 1),
      effectId('cause', 'other', 1),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });

  it('of a service’s effect bears its mark, which no other service may use', () => {
    for (const owner of serviceParties) {
      const id = ownEffectId(owner, 'cause', 'effect', 1);
      expect(uuidVersion(id)).toBe(8);
      expect(serviceParties.filter((service) => isOwnEffectId(service, id))).toEqual([owner]);
      expect(
        serviceParties.filter((service) => isOwnEffectId(service, effectId('cause', 'effect', 1))),
      ).toEqual([]);
    }
  });
});

describe('dates of a form', () => {
  const born = { client: { dateOfBirth: '1990-01-01' } };

  it.each([
    ['exit.notified', { client: { dateOfBirth: '2026-03-04' } }, 'client.dateOfBirth'],
    ['consent.recorded', { takenAt: '2026-03-02T09:06:00Z' }, 'takenAt'],
    [
      'consent.recorded',
      { takenAt: '2026-03-02T09:00:00Z', validFrom: '2026-05-01', validUntil: '2026-04-01' },
      'validUntil',
    ],
    [
      'consent.recorded',
      { takenAt: '2026-01-02T09:00:00Z', validUntil: '2026-01-01' },
      'validUntil',
    ],
    [
      'consent.recorded',
      { takenAt: '2026-01-02T09:00:00Z', validUntil: '2026-02-01' },
      'validUntil',
    ],
    ['appointment.booked', { startsAt: '2026-03-02T08:54:00Z' }, 'startsAt'],
    ['appointment.attended', { on: '2026-03-04' }, 'on'],
    [
      'tpr2.shared',
      { client: { dateOfBirth: '1990-01-01' }, structuredTreatmentStartedOn: '1989-12-31' },
      'structuredTreatmentStartedOn',
    ],
    ['tpr2.shared', { structuredTreatmentStartedOn: '2026-04-01' }, 'structuredTreatmentStartedOn'],
    ['review.requested', { wantedBy: '2026-02-28' }, 'wantedBy'],
  ] as const)('of %s in the wrong order: the field is named', (name, data, field) => {
    expect(dateProblem(name, { ...born, ...data }, now)).toMatchObject({
      code: 'dates-out-of-order',
      field: `data.${field}`,
    });
  });

  it('allow a day for days and five minutes for clocks', () => {
    expect(dateProblem('appointment.attended', { on: '2026-03-03' }, now)).toBeUndefined();
    expect(
      dateProblem('consent.recorded', { takenAt: '2026-03-02T09:05:00Z' }, now),
    ).toBeUndefined();
    expect(dateProblem('review.requested', { wantedBy: '2026-03-01' }, now)).toBeUndefined();
  });

  it('are compared only where they are there', () => {
    expect(dateProblem('consent.recorded', {}, now)).toBeUndefined();
    expect(dateProblem('exit.notified', { client: null }, now)).toBeUndefined();
  });

  it('are days and instants that a calendar can count on from', () => {
    for (const day of ['9999-12-31', '1899-12-31', '2026-02-30', '2026-3-2'])
      expect(localDate.safeParse(day).success).toBe(false);
    const unreadable = [
      '2026-03-02T09:00:00+16:00',
      '2026-03-02T09:00:00-23:59',
      `2026-03-02T09:00:00.${'1'.repeat(10)}Z`,
    ];
    for (const time of ['9999-12-31T23:59:59Z', '2026-03-02', '2026-03-02T09:00:00', ...unreadable])
      expect(instant.safeParse(time).success).toBe(false);
    for (const time of ['2026-03-02T09:00:00.123456789+14:00', '2026-03-02T09:00:00-11:30'])
      expect(instant.safeParse(time).success).toBe(true);
    expect(
      localDate.safeParse('2199-12-31').success &&
        instant.safeParse('2026-03-02T09:00:00+01:00').success,
    ).toBe(true);
  });
});

describe('the identity of a client', () => {
  const bound: Client['prints'] = {
    identity: undefined,
    nino: 'n',
    dateOfBirth: 'd',
    surname: 's',
  };

  it('agrees where all that both show agrees', () => {
    expect(agrees(bound, bound)).toBe(true);
    expect(agrees(bound, { ...bound, nino: undefined })).toBe(true);
    expect(agrees({ ...bound, nino: undefined }, bound)).toBe(true);
  });

  it('does not agree where one of the three differs', () => {
    for (const other of [{ nino: 'x' }, { dateOfBirth: 'x' }, { surname: 'x' }])
      expect(agrees(bound, { ...bound, ...other })).toBe(false);
  });
});
