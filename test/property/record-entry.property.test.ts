import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { typeOf } from '#libs/contracts/message-table.js';
import { type Verdict, stopReasons } from '#libs/contracts/verdict.js';
import { canonicalText } from '#libs/digest/message-digest.js';
import {
  clientCommitment,
  messageCommitment,
  readEntry,
  rowCommitment,
} from '#libs/evidence/evidence-entry.js';
import {
  entryOf,
  entryRandomBytes,
  entrySalts,
  rowText,
} from '#services/consent-guard/adapters/record-entry.js';
import { type GuardRecord, reasonOf } from '#services/consent-guard/domain/guard-record.js';
import { digestOf, refused } from '#test/support/evidence-database.js';

/** Quotes, backslashes, controls, letters beyond ASCII and halves of surrogate pairs are among it. */
const word = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('"', '\\', '\n', '\u007f', '\ud800'),
);
const optional = fc.option(word, { nil: undefined });
const uuid = fc.uuid();
const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.constantFrom<Verdict>({ kind: 'cleared' }, { kind: 'cleared-in-part' }, { kind: 'waiting' }),
  fc.constantFrom(...stopReasons).map((reason): Verdict => ({ kind: 'stopped', reason })),
  fc.record({
    kind: fc.constant('refused' as const),
    reason: fc.constant('no-consent-on-record' as const),
  }),
  fc.record({
    kind: fc.constant('refused' as const),
    reason: fc.constant('cause-unknown' as const),
    field: word,
    detail: word,
  }),
);
const record: fc.Arbitrary<GuardRecord> = fc.record({
  id: uuid,
  ordinal: fc.nat(3),
  name: fc.constantFrom('referral.requested' as const, 'tpr2.shared' as const),
  sender: word,
  senderKind: fc.constantFrom('jobcentre' as const, 'guard' as const),
  senderAgency: word,
  to: word,
  recipient: optional,
  recipientKind: fc.constantFrom('treatment-provider' as const, undefined),
  recipientAgency: optional,
  caseId: fc.option(uuid, { nil: undefined }),
  client: fc.option(uuid, { nil: undefined }),
  actor: optional,
  time: fc.constantFrom(
    '2026-03-02T09:00:00.000Z',
    '2026-03-02T10:00:00+01:00',
    '2026-03-02T09:00:00Z',
    '2026-03-02T09:00:00.5Z',
  ),
  digest: uuid.map(digestOf),
  facts: fc.dictionary(word, fc.oneof(word, fc.boolean(), fc.integer())),
  cause: fc.option(uuid, { nil: undefined }),
  consents: fc.array(uuid, { maxLength: 3 }),
  inner: optional,
  verdict,
});
const recordedAt = '2026-03-02T09:00:01.000Z';

/** The same row, put into canonical JSON by what is made for any value. */
const slowly = (of: GuardRecord): string =>
  canonicalText({
    actor: of.actor ?? null,
    case: of.caseId ?? null,
    cause: of.cause ?? null,
    client: of.client ?? null,
    consents: of.consents,
    detail: of.verdict.kind === 'refused' ? (of.verdict.detail ?? null) : null,
    facts: of.facts,
    field: of.verdict.kind === 'refused' ? (of.verdict.field ?? null) : null,
    inner: of.inner ?? null,
    recipientAgency: of.recipientAgency ?? null,
    recipientKind: of.recipientKind ?? null,
    senderAgency: of.senderAgency,
    senderKind: of.senderKind,
    time: new Date(of.time).toISOString(),
  });

describe('the entry of a record', () => {
  it('is canonical JSON that reads back as what was decided, and commits to the message, the client and the rest of the row', () => {
    fc.assert(
      fc.property(record, (of) => {
        const random = randomBytes(entryRandomBytes).toString('hex');
        const clientKey = randomBytes(32).toString('hex');
        const salts = entrySalts(random);
        expect(rowText(of)).toBe(slowly(of));
        const reason = reasonOf(of.verdict);
        expect(readEntry(Buffer.from(entryOf(of, random, { recordedAt, clientKey })))).toEqual({
          v: 1,
          id: of.id,
          ordinal: of.ordinal,
          type: typeOf(of.name),
          sender: of.sender,
          to: of.to,
          ...(of.recipient === undefined ? {} : { recipient: of.recipient }),
          verdict: of.verdict.kind,
          ...(reason === undefined ? {} : { reason }),
          consents: of.verdict.kind === 'refused' ? [] : of.consents,
          recordedAt,
          message: messageCommitment(salts.message, of.digest),
          client: clientCommitment(clientKey, of),
          row: rowCommitment(salts.row, slowly(of)),
        });
      }),
      { numRuns: 2_000 },
    );
  });

  it('commits to nobody where no client is concerned, each time to another, so that nothing tells it from one who is known', () => {
    const of = refused({ client: undefined });
    const [one, two] = [1, 2].map(() => {
      const random = randomBytes(entryRandomBytes).toString('hex');
      return readEntry(Buffer.from(entryOf(of, random, { recordedAt, clientKey: undefined })));
    });
    expect(one?.client).toHaveLength(44);
    expect(one?.client).not.toBe(two?.client);
  });
});
