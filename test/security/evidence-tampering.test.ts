import { describe, expect, it } from '@jest/globals';
import { type EvidenceEntry, entryText } from '#libs/evidence/evidence-entry.js';
import { newNoteKey, readSignerKey } from '#libs/evidence/note-keys.js';
import { decodeBundle, encodeBundle } from '#libs/evidence/tiles.js';
import { verifyLog } from '#libs/evidence/verify-log.js';
import { SealedLog, entryAt, layOut, layOutEntries, uuidAt } from '#test/support/sealed-log.js';

const signer = readSignerKey(newNoteKey('example.org/test-log').signerKey);

/** 300 decisions: message 3 waited, was cleared and was stopped; 100 and later rest on the consent that is entry 0. */
const entries: readonly EvidenceEntry[] = Array.from({ length: 300 }, (_, n) => {
  if (n === 3) return entryAt(3, { verdict: 'waiting', consents: [uuidAt(0)] });
  if (n === 10) return entryAt(10, { id: uuidAt(3), ordinal: 1, consents: [uuidAt(0)] });
  if (n === 280)
    return entryAt(280, { id: uuidAt(3), ordinal: 2, verdict: 'stopped', reason: 'withdrawn' });
  return entryAt(n, n < 100 ? {} : { consents: [uuidAt(0)] });
});
const log = layOutEntries(entries, signer);
const older = layOutEntries(entries.slice(0, 200), signer);
const full = 'tile/entries/000';
const last = 'tile/entries/001.p/44';

const check = (spoilt: SealedLog, before?: SealedLog): string => {
  const result = verifyLog(spoilt, signer, before);
  return result.ok ? 'in order' : result.problem;
};

/** A copy with one file changed, by someone without the key. */
function withFile(path: string, change: (bytes: Buffer) => Buffer | undefined): SealedLog {
  const copy = new SealedLog(log);
  const changed = change(Buffer.from(log.get(path) ?? ''));
  if (changed === undefined) copy.delete(path);
  else copy.set(path, changed);
  return copy;
}

/** A log made and signed anew, by someone who holds the key. */
const resigned = (change: (all: EvidenceEntry[]) => EvidenceEntry[]): SealedLog =>
  layOutEntries(change([...entries]), signer);

const swapFirstTwo = (bytes: Buffer): Buffer => {
  const [one, two, ...rest] = decodeBundle(bytes) ?? [];
  return encodeBundle([two, one, ...rest].flatMap((entry) => entry ?? []));
};

describe('an export of the evidence log', () => {
  it('is in order as it was sealed, alone and after an older one', () => {
    expect(verifyLog(log, signer, older)).toMatchObject({
      ok: true,
      messages: 298,
      checkpoint: { size: 300 },
    });
    expect(check(log, log)).toBe('in order');
    expect(check(layOutEntries([], signer))).toBe('in order');
    expect(check(older, layOutEntries([], signer))).toBe('in order');
  });

  it('is found out whichever byte of whichever file is changed', () => {
    for (const [path, bytes] of log)
      for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 29)) {
        const spoilt = withFile(path, (copy) => {
          copy[at] = (copy[at] ?? 0) ^ 0x01;
          return copy;
        });
        expect([path, at, check(spoilt)]).not.toEqual([path, at, 'in order']);
      }
  });

  it('is found out where an entry is changed, and its hash with it', () => {
    const changed = layOutEntries(
      entries.map((entry, n) => (n === 42 ? { ...entry, verdict: 'refused' as const } : entry)),
      signer,
    );
    const spoilt = new SealedLog([
      ...changed,
      ['checkpoint', log.get('checkpoint') ?? Buffer.alloc(0)],
    ]);
    expect(check(spoilt)).toBe('the entries are not those of the tree that was signed');
  });

  it('is found out where an entry or a file is dropped', () => {
    expect(
      check(withFile(full, (bytes) => encodeBundle((decodeBundle(bytes) ?? []).toSpliced(7, 1)))),
    ).toBe(`${full} has 255 of 256 items`);
    for (const path of log.keys())
      expect(check(withFile(path, () => undefined))).toMatch(/ is missing$/);
  });

  it('is found out where entries change places', () => {
    expect(check(withFile(full, swapFirstTwo))).toBe(
      'tile/0/000: hash 0 is not that of what lies below it',
    );
  });

  it('is found out where it is truncated', () => {
    expect(check(withFile(last, (bytes) => bytes.subarray(0, -1)))).toBe(`${last} is malformed`);
    expect(
      check(withFile(last, (bytes) => encodeBundle((decodeBundle(bytes) ?? []).slice(0, -1)))),
    ).toBe(`${last} has 43 of 44 items`);
    // Signed again by whoever holds the key: only an older copy shows it.
    expect(check(older)).toBe('in order');
    expect(check(older, log)).toBe('the log was cut: it had 300 entries and has 200');
  });

  it('is found out where it was forked, even by whoever holds the key', () => {
    const forked = resigned((all) =>
      all.toSpliced(150, 1, entryAt(150, { verdict: 'refused', reason: 'no-consent-on-record' })),
    );
    expect(check(forked)).toBe('in order');
    expect(check(forked, older)).toBe(
      'the log was forked: its first 200 entries are not those of the older checkpoint',
    );
    expect(check(forked, log)).toBe(
      'the log was forked: its first 300 entries are not those of the older checkpoint',
    );
  });

  it('is found out where a decision is there twice, or one of a message is left out, even by whoever holds the key', () => {
    expect(check(resigned((all) => [...all, entryAt(5)]))).toBe(
      `entry 300 repeats decision 0 of message ${uuidAt(5)}`,
    );
    expect(check(resigned((all) => all.toSpliced(10, 1)))).toBe(
      `entry 279: decision 1 of message ${uuidAt(3)} is missing before 2`,
    );
    expect(check(resigned((all) => all.toSpliced(3, 1)))).toBe(
      `entry 9: decision 0 of message ${uuidAt(3)} is missing before 1`,
    );
  });

  it('is found out where something went out under a consent that was not recorded before', () => {
    const problem = `was cleared under consent ${uuidAt(0)}, which is not recorded before it`;
    expect(check(resigned((all) => [...all.slice(1), entryAt(0)]))).toBe(
      `entry 2 was waiting under consent ${uuidAt(0)}, which is not recorded before it`,
    );
    expect(check(resigned((all) => [...all.slice(100, 103), entryAt(0)]))).toBe(
      `entry 0 ${problem}`,
    );
  });

  it('is found out where an entry is of another form, or not canonical', () => {
    const bytes = entries.map((entry) => Buffer.from(entryText(entry)));
    const spaced = Buffer.from(JSON.stringify(entryAt(4), null, 1));
    const more = Buffer.from(entryText({ ...entryAt(4), nino: 'AB123456C' } as EvidenceEntry));
    for (const wrong of [spaced, more, Buffer.from('{}'), Buffer.from([0xff])])
      expect(check(layOut(bytes.toSpliced(4, 1, wrong), signer))).toBe(
        'entry 4 is not a decision in canonical form',
      );
  });

  it('is found out where another key signed it, or it is of another log', () => {
    const other = readSignerKey(newNoteKey('example.org/test-log').signerKey);
    expect(check(layOutEntries(entries, other))).toBe(
      'checkpoint is not to be trusted: this key has not signed it',
    );
    const misnamed = { ...signer, name: 'example.org/other' };
    expect(verifyLog(layOutEntries(entries, misnamed), signer).ok).toBe(false);
    expect(check(log, layOutEntries(entries, other))).toBe(
      'the older checkpoint is not to be trusted: this key has not signed it',
    );
  });
});
