import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { citations } from '#libs/contracts/citations.js';
import { fieldRules } from '#libs/contracts/field.js';
import {
  type MessageName,
  messageNames,
  nameOfType,
  ruleOf,
  typeOf,
} from '#libs/contracts/message-table.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { readMessage, readMessageText } from '#libs/contracts/read-message.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { refusalStep, stepsOfRefusals } from '#libs/contracts/refusal-steps.js';
import { stepEnds } from '#libs/contracts/step-ends.js';
import { stepAfter, stepFollowUps, stepOutcomes } from '#libs/contracts/step-outcomes.js';
import { type StepName, stepNames } from '#libs/contracts/steps.js';
import { waits } from '#libs/contracts/waits.js';

const now = Date.parse('2026-03-02T09:00:00Z');
const id = uuidV7(now, new Uint8Array(10).fill(7));
const caseId = uuidV7(now, new Uint8Array(10).fill(9));

const referral = {
  specversion: '1.0',
  id,
  source: '/parties/jcp_west',
  type: 'throughcare.referral.requested.v1',
  time: '2026-03-02T09:00:00Z',
  case: caseId,
  to: 'area:west-london/treatment',
  actor: 'p_west_adviser',
  data: {
    client: { nino: 'QQ123456A', surname: 'Sample', dateOfBirth: '1990-01-02' },
    benefit: 'jsa',
    told: [
      'voluntary-first-assessment',
      'finds-need-for-comprehensive',
      'engaging-later-is-voluntary',
    ],
    travelCostsConsidered: true,
  },
};

const consentData = {
  form: 'TPR1',
  formReference: 'TPR1/1',
  client: referral.data.client,
  decision: 'given',
  purposes: ['refer-to-treatment'],
  to: { parties: ['spoc_lsw'] },
  takenAt: '2026-03-02T09:00:00Z',
  takenBy: 'p_west_adviser',
  explained: { statements: [], wordingVersion: '2009-07', language: 'en', copyGiven: true },
};

const leavesOf = (form: z.ZodObject): number =>
  Object.values(form.shape).reduce<number>((sum, schema) => {
    const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
    return (
      sum +
      (inner instanceof z.ZodObject && Object.keys(inner.shape).length > 0 ? leavesOf(inner) : 1)
    );
  }, 0);

describe('the table of messages', () => {
  it('gives every type a name that its CloudEvents type leads back to', () => {
    for (const name of messageNames) expect(nameOfType(typeOf(name))).toBe(name);
    expect(nameOfType('throughcare.referral.requested.v2')).toBeUndefined();
    expect(nameOfType('throughcare.constructor.name.v1')).toBeUndefined();
  });

  it('names a category for every field that goes from one agency to another', () => {
    for (const name of messageNames) {
      const rule = ruleOf(name);
      if (rule.purpose === null) continue;
      const adviser = name === 'tpr2.shared' ? 1 : 0; // personalAdviser is one field of two lines
      expect([name, fieldRules(rule.form).length]).toEqual([name, leavesOf(rule.form) - adviser]);
    }
  });

  it('marks no fact as identity, contact or free text', () => {
    for (const name of messageNames) {
      const rule = ruleOf(name);
      const risky = fieldRules(rule.form).filter(
        (field) => field.freeText || ['identity', 'contact'].includes(field.category),
      );
      for (const field of risky) expect(rule.facts).not.toContain(field.path.join('.'));
      for (const fact of rule.facts)
        expect([name, fact, Object.hasOwn(rule.form.shape, fact)]).toEqual([name, fact, true]);
    }
  });

  it('says of every citation which types it may name', () => {
    for (const name of messageNames)
      expect([name, ruleOf(name).cites !== undefined]).toEqual([
        name,
        citations[name] !== undefined,
      ]);
  });
});

describe('the tables of steps', () => {
  /** Opened by a reminder, by a refusal, by a wait or by another step's outcome, not by a message. */
  const byOthers = new Set<StepName>([
    'review-care-plan',
    'hold-interview',
    'renew-consent',
    'request-review',
    'complete-outcome-profile',
    ...stepsOfRefusals,
    'ask-client',
    ...stepNames.flatMap((step) =>
      stepOutcomes.flatMap((outcome) =>
        (['jobcentre', 'spoc'] as const).flatMap((kind) => stepAfter(step, outcome, kind) ?? []),
      ),
    ),
  ]);

  it('tells only who may take a consent to seek it', () => {
    const lacking = (name: MessageName, kind: PartyKind) =>
      refusalStep(name, 'no-consent-on-record', kind)?.step;
    expect(lacking('referral.requested', 'jobcentre')).toBe('seek-consent');
    expect(lacking('provider.notice', 'contracted-provider')).toBe('seek-consent');
    expect(lacking('tpr2.shared', 'treatment-provider')).toBe('seek-consent');
    expect(lacking('referral.forwarded', 'spoc')).toBe('ask-taker');
    expect(lacking('appointment.attended', 'treatment-provider')).toBe('ask-taker');
    expect(lacking('review.offered', 'jobcentre')).toBe('ask-taker');
    expect(lacking('lead.agreed', 'probation')).toBe('ask-taker');
    expect(lacking('exit.notified', 'treatment-provider')).toBe('record-exit');
    expect(refusalStep('referral.forwarded', 'case-not-yours', 'spoc')).toBeUndefined();
  });

  it('opens every step that it knows', () => {
    const opened = new Set<StepName>(
      messageNames.flatMap((name) => ruleOf(name).opens.map(({ step }) => step)),
    );
    for (const step of stepNames)
      expect([step, opened.has(step) || byOthers.has(step)]).toEqual([step, true]);
  });

  it('leaves no outcome without a next step, a message or a stated end', () => {
    // What is to be sent instead ends the step, or the owner could never be rid of it.
    const without = stepNames.flatMap((step) =>
      stepOutcomes.flatMap((outcome) => {
        const follows = stepFollowUps[step][outcome];
        if (follows.kind !== 'send') return [];
        if (follows.types.length === 0) return [`${step} ${outcome}: nothing to send`];
        return follows.types
          .filter((name) => !stepEnds[step].ends.some(({ by }) => by === name))
          .map((name) => `${step} ${outcome}: ${name} does not end it`);
      }),
    );
    expect(without).toEqual([]);
  });

  it('gives every step an end that its owner can bring about', () => {
    for (const step of stepNames)
      expect([
        step,
        stepOutcomes.some((outcome) =>
          ['end', 'step', 'send'].includes(stepFollowUps[step][outcome].kind),
        ),
      ]).toEqual([step, true]);
  });

  it('ends every wait by a message that can reach the side that waits', () => {
    for (const [name, wait] of Object.entries(waits))
      expect([name, wait.endedBy.length > 0]).toEqual([name, true]);
  });

  it('refuses an outcome that the other side has to learn of, and says which message to send', () => {
    const read = readMessage(
      {
        ...referral,
        type: 'throughcare.step.done.v1',
        to: 'mesh',
        data: { step: 'acknowledge-referral', outcome: 'not-possible' },
      },
      now,
    );
    expect(read).toMatchObject({
      ok: false,
      problems: [{ field: 'data.outcome', detail: expect.stringContaining('referral.declined') }],
    });
  });
});

describe('reading a message', () => {
  it('takes a referral whose shape is right', () => {
    const read = readMessage(referral, now);
    expect(read).toMatchObject({
      ok: true,
      message: {
        name: 'referral.requested',
        sender: 'jcp_west',
        address: { kind: 'area', district: 'west-london' },
      },
    });
  });

  it.each([
    ['not JSON', '{', 'malformed-json', undefined],
    [
      'a field that stands twice',
      JSON.stringify(referral).replace('"surname"', '"surname":"x","surname"'),
      'malformed-json',
      'data.client.surname',
    ],
    [
      'another version of the envelope',
      { ...referral, specversion: '0.3' },
      'malformed-message',
      'specversion',
    ],
    [
      'an unknown type',
      { ...referral, type: 'throughcare.referral.asked.v1' },
      'unknown-type',
      'type',
    ],
    ['an unknown district', { ...referral, to: 'area:atlantis/treatment' }, 'area-unknown', 'to'],
    ['a wildcard for a party', { ...referral, to: '*' }, 'recipient-unknown', 'to'],
    [
      'a wrong NI number',
      { ...referral, data: { ...referral.data, client: { ...referral.data.client, nino: '12' } } },
      'malformed-message',
      'data.client.nino',
    ],
    ...['Sam\nple', 'Sam\u0000ple', 'Sam\u202eple', 'Sam\ud800ple', '\u200b', '-'].map(
      (surname): [string, unknown, string, string] => [
        `the surname ${JSON.stringify(surname)}`,
        { ...referral, data: { ...referral.data, client: { ...referral.data.client, surname } } },
        'malformed-message',
        'data.client.surname',
      ],
    ),
    [
      'a control character in a note',
      { ...referral, data: { ...referral.data, note: 'a\u0000b' } },
      'malformed-message',
      'data.note',
    ],
    [
      'a missing field',
      { ...referral, data: { ...referral.data, benefit: undefined } },
      'malformed-message',
      'data.benefit',
    ],
    [
      'an extra field',
      { ...referral, data: { ...referral.data, override: true } },
      'malformed-message',
      'data',
    ],
    ['an extra attribute', { ...referral, consent: 'yes' }, 'malformed-message', undefined],
    [
      'a birth in the future',
      {
        ...referral,
        data: { ...referral.data, client: { ...referral.data.client, dateOfBirth: '2030-01-01' } },
      },
      'dates-out-of-order',
      'data.client.dateOfBirth',
    ],
    [
      'too old an id',
      { ...referral, id: uuidV7(now - 8 * 24 * 3_600_000, new Uint8Array(10)) },
      'id-too-old',
      'id',
    ],
    [
      'an id from the future',
      { ...referral, id: uuidV7(now + 600_000, new Uint8Array(10)) },
      'id-in-future',
      'id',
    ],
    [
      'an id that is no UUIDv7',
      { ...referral, id: '5d6f2b3e-7a1c-4b8e-9f00-1c2d3e4f5a6b' },
      'malformed-message',
      'id',
    ],
    ['no case', { ...referral, case: undefined }, 'case-required', 'case'],
    ['no actor', { ...referral, actor: undefined }, 'malformed-message', 'actor'],
  ])('refuses %s and names the field', (_what, message, code, field) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    const read = readMessageText(text, now);
    expect(read.ok).toBe(false);
    if (!read.ok)
      expect(read.problems[0]).toMatchObject(field === undefined ? { code } : { code, field });
  });

  it('takes names as people write them, and notes of several lines', () => {
    for (const surname of ["O'Neill", 'Müller-Lüdenscheidt', 'd’Arc', 'Nguyễn', '李', 'St. John']) {
      const data = {
        ...referral.data,
        client: { ...referral.data.client, surname },
        note: 'Mornings.\nBus\tfares. 👍',
      };
      expect([surname, readMessage({ ...referral, data }, now).ok]).toEqual([surname, true]);
    }
  });

  it('says what is expected in words of its own, and which fields the form knows where one is unknown', () => {
    const detailOf = (
      changes: Readonly<Record<string, unknown>>,
      message: object = referral,
    ): string | undefined => {
      const { data } = { data: {}, ...message };
      const read = readMessage({ ...message, data: { ...data, ...changes } }, now);
      return read.ok ? undefined : read.problems[0]?.detail;
    };
    const identity = 'nino, surname, otherNames, title, dateOfBirth';
    const anything = 'has a field that this form does not know; remove it (known are';
    expect(detailOf({ benefit: 'dole' })).toBe(
      'data.benefit must be one of jsa, esa, other, none, not-known',
    );
    expect(detailOf({ told: [] })).toMatch(
      /^data.told must hold all three: voluntary-first-assessment, /,
    );
    expect(detailOf({ told: 'all' })).toBe('data.told must be a list');
    expect(detailOf({ travelCostsConsidered: 'yes' })).toBe(
      'data.travelCostsConsidered must be true or false',
    );
    expect(detailOf({ travelCostsConsidered: undefined })).toBe(
      'data.travelCostsConsidered is missing',
    );
    expect(detailOf({ previousReferral: 'the first' })).toBe(
      'data.previousReferral must be a UUID',
    );
    expect(detailOf({ client: { ...referral.data.client, name: 'Sample' } })).toBe(
      `data.client ${anything} ${identity})`,
    );
    expect(detailOf({ override: true })).toMatch(
      /^data has a field .* \(known are client, contact, benefit, /,
    );
    expect(detailOf({}, { ...referral, consent: 'yes' })).toMatch(
      /^the message has a field .* \(known are specversion, id, source, /,
    );
    expect(JSON.stringify(readMessage([], now))).toContain('the message must be an object');
    const consent = {
      ...referral,
      type: typeOf('consent.recorded'),
      to: 'mesh',
      data: { ...consentData, to: { parties: [] } },
    };
    expect(detailOf({}, consent)).toBe('data.to.parties must have at least 1 entry');
  });

  it('refuses an NI number as a reference, and takes references that agencies use', () => {
    const fieldOf = (message: object): string | undefined => {
      const read = readMessage(message, now);
      return read.ok ? undefined : read.problems[0]?.field;
    };
    const consent = { ...referral, type: typeOf('consent.recorded'), to: 'mesh' };
    for (const text of [
      'QQ112233C',
      'qq112233c',
      'QQ 11 22 33 C',
      'QQ 112233 C',
      'QQ-11-22-33-C',
      'WAN/QQ112233C/1',
    ]) {
      expect([text, fieldOf({ ...referral, caseref: text })]).toEqual([text, 'caseref']);
      expect([
        text,
        fieldOf({ ...consent, data: { ...consentData, formReference: text } }),
      ]).toEqual([text, 'data.formReference']);
    }
    for (const text of [
      'WAN/DOCS/1',
      'WAN/123456/A',
      'RR/123456/A',
      'RR-12-3456-A',
      'TPR1 2026-03-02 B',
      'AB1234567',
      '12 34 56',
      ' RR.7 ',
    ]) {
      expect([text, fieldOf({ ...referral, caseref: text })]).toEqual([text, undefined]);
      expect([
        text,
        fieldOf({ ...consent, data: { ...consentData, formReference: text } }),
      ]).toEqual([text, undefined]);
    }
    expect(JSON.stringify(readMessage({ ...referral, caseref: 'QQ112233C' }, now))).not.toContain(
      '112233',
    );
  });

  it('says what time it is where the age of an id is wrong', () => {
    const read = readMessage({ ...referral, id: uuidV7(0, new Uint8Array(10)) }, now);
    expect(JSON.stringify(read)).toContain('(2026-03-02T09:00Z)');
  });

  it('never repeats a value of the message in a problem', () => {
    const bad = {
      ...referral,
      data: {
        ...referral.data,
        client: { nino: 'QQ999999Z9', surname: '', dateOfBirth: 'Tuesday', 'QQ 12 34 56 A': 1 },
      },
    };
    expect(JSON.stringify(readMessage(bad, now))).not.toMatch(/QQ|Tuesday/);
  });
});
