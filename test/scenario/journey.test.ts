import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playJourney, type JourneyResult } from '#deploy/sample/journey.js';
import { MeshForTest } from '#test/support/mesh-for-test.js';
import {
  clearTextOfDatabase,
  clearTextOfLogs,
  clearTextOfRedis,
  clearTextOfStreams,
  filesThatHold,
} from '#test/support/clear-text.js';
import { allow } from '#test/support/pace.js';
import { type PersonalData, readSamplePersonalData } from '#test/support/sample-personal-data.js';

let test: MeshForTest;
let personal: PersonalData;
let result: JourneyResult;
const printed: string[] = [];

beforeAll(async () => {
  personal = await readSamplePersonalData();
  test = await MeshForTest.start({ scale: { 'consent-guard': 2 } });
  const { mesh, clock, gpgHome } = test;
  result = await playJourney({
    gatewayUrl: mesh.gatewayUrl,
    tokens: mesh.tokens,
    mailDir: mesh.mailFolder,
    gpgHome,
    clock,
    operatorEnv: test.operatorEnv,
    print: (line) => printed.push(line),
    stepTimeoutMs: allow(30_000),
  });
}, allow(240_000));
afterAll(() => test?.stop());

describe('the sample journey, with two guards', () => {
  it('comes out as expected in every step', () => {
    const failed = result.steps.filter(({ ok }) => !ok);
    expect(failed.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([]);
    expect(result.steps.length).toBeGreaterThan(150);
  });

  it('leaves no personal data in any log', async () => {
    const logs = await clearTextOfLogs(test);
    expect(logs.length).toBeGreaterThan(1_000);
    expect(personal.in(logs)).toEqual([]);
  });

  it('leaves no personal data in subjects, headers, or events', async () => {
    const { text, events } = await clearTextOfStreams(test);
    expect(events).toBeGreaterThan(50);
    expect(personal.in(text)).toEqual([]);
  });

  it('leaves no personal data in Redis', async () => {
    const { text, keys } = await clearTextOfRedis(test);
    expect(keys).toBeGreaterThan(5);
    expect(personal.in(text)).toEqual([]);
  });

  it('sends mails that name neither client nor case, and no subject', async () => {
    const mails = await test.mails();
    expect(mails.length).toBeGreaterThan(25);
    for (const { raw } of mails) {
      const text = raw.toString('latin1');
      expect(text).toMatch(/^Subject: \[\.\.\.\]\r?$/m);
      expect(personal.in(text)).toEqual([]);
    }
  });

  it.each(['router', 'reminders', 'notifier'] as const)(
    "keeps nothing personal in the %s's database",
    async (name) => {
      const { text, rows } = await clearTextOfDatabase(test, name);
      expect(rows).toBeGreaterThan(20);
      expect(personal.in(text)).toEqual([]);
    },
  );

  it("keeps of the forms in the guard's database only each agency's own case reference", async () => {
    const { text, rows } = await clearTextOfDatabase(test, 'guard', ['case_reference']);
    expect(rows).toBeGreaterThan(100);
    expect(personal.in(text)).toEqual([]);
    const references = await clearTextOfDatabase(test, 'guard', [], ['case_reference']);
    expect(personal.identityIn(references.text)).toEqual([]);
    expect(personal.in(references.text)).not.toEqual([]);
  });

  it('leaves no identity in clear in any file of the mesh: streams, write-ahead logs, append-only files', async () => {
    expect(await filesThatHold(test.folder, personal.unmistakable)).toEqual([]);
  });
});
