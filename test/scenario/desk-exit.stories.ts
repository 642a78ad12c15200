import { beforeAll, describe, expect, it } from '@jest/globals';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { workingDayOnOrAfter } from '#libs/calendar/working-days.js';
import { caseIn } from '#test/support/desk-town.js';
import type { DeskReader } from '#test/support/desk-reader.js';
import { recordedOf } from '#test/support/recorded.js';
import { until } from '#test/support/until.js';
import { town } from './desk-shared-town.js';

/* The sample's journey, each person on their own pages, to the exit and back. Without a browser: it fills in the forms that the pages show. */

interface People {
  readonly amara: DeskReader;
  readonly tomasz: DeskReader;
  readonly siobhan: DeskReader;
  readonly olu: DeskReader;
  readonly nadia: DeskReader;
}

let people: People;
let caseId = '';
/** A working day, some time from now. */
const soon = (days: number): string =>
  workingDayOnOrAfter(
    addDays(londonDate(town.mesh.clock.now()), days),
    bankHolidays('england-and-wales'),
  );

const doIn = async (who: DeskReader, name: string, values: object): Promise<string> =>
  (await who.send(await who.open(`/cases/${caseId}/do/${name}`), values as Record<string, string>))
    .heading;

/** One part of the story after another: after one that failed the others would wait for a thing that never comes. */
let isLost = false;
const inOrder = (play: () => Promise<void>) => async (): Promise<void> => {
  if (isLost) throw new Error('the story ended before');
  isLost = true;
  await play();
  isLost = false;
};

describe('a client’s way, on everybody’s own pages', () => {
  // Within: what it makes would be on the lists of the stories before.
  beforeAll(async () => {
    const [amara, tomasz, siobhan, olu, nadia] = await Promise.all([
      town.reader('jcp', /Amara Apeere/),
      town.reader('jcp', /Tomasz/),
      town.reader('jcp', /Siobhan/),
      town.reader('spoc_lsw', /Olu/),
      town.reader('trt_riverside', /Nadia Mithal/),
    ]);
    people = { amara, tomasz, siobhan, olu, nadia };
  });

  it(
    'begins with a referral to whoever serves the area, with the client’s yes to the record',
    inOrder(async () => {
      const { amara } = people;
      const form = (await amara.open('/refer')).form(/See what will go/);
      const client = town.newClient();
      const preview = await amara.submit(form, {
        told: form.choices('told'),
        travelCostsConsidered: 'yes',
        dpa1: 'given',
        tpr1: 'given',
        to: 'area:lambeth-southwark-and-wandsworth/treatment',
        copy: 'yes',
        'client.surname': client.surname,
        'client.dateOfBirth': client.born,
        'client.nino': client.nino,
        benefit: 'jsa',
      });
      expect(preview.text).toMatch(/Will go .*Surname/);
      const sent = await amara.submit(preview.form(/^Send/));
      expect(sent.heading).toBe('Referral requested (TPR1)');
      caseId = caseIn(sent.path);
    }),
  );

  it(
    'goes through the single point of contact to a provider',
    inOrder(async () => {
      const { olu } = people;
      const form = await olu.follow('/queue', `/cases/${caseId}/do/referral.forwarded`);
      expect((await olu.send(form, { to: 'trt_riverside' })).heading).toBe(
        'Referral passed on by the single point of contact',
      );
    }),
  );

  it(
    'to a first appointment that the client misses',
    inOrder(async () => {
      const { nadia, amara } = people;
      const answer = await nadia.step(caseId, /Answer the referral/);
      // It came from the point of contact: the keyworker says who referred.
      const to = 'jcp_wandsworth';
      expect((await nadia.act(answer, /^Acknowledge/, { to })).heading).toBe(
        'Referral acknowledged',
      );
      const book = await nadia.step(caseId, /Book the first appointment/);
      const booked = await nadia.act(book, /^Book an appointment/, {
        'startsAt.date': soon(2),
        'startsAt.time': '10:30',
        place: '2 Example Street',
      });
      expect(booked.heading).toBe('Appointment booked');
      const tell = await amara.step(caseId, /Tell the client/);
      expect(tell.text).toContain('About: Appointment booked');
      await amara.act(tell, /^It is done/);
      expect(await doIn(nadia, 'appointment.did-not-attend', {})).toBe(
        'TPR1 return: did not attend',
      );
    }),
  );

  it(
    'is referred again, and comes',
    inOrder(async () => {
      const { amara, nadia } = people;
      const discuss = await amara.step(caseId, /Discuss the missed appointment/);
      const form = (await amara.open(discuss.link(/Refer again/))).form(/See what will go/);
      const preview = await amara.submit(form, {
        told: form.choices('told'),
        travelCostsConsidered: 'yes',
        dpa1: 'not-asked',
        tpr1: 'stands',
        to: 'trt_riverside',
        copy: 'no',
        benefit: 'jsa',
      });
      expect(caseIn((await amara.submit(preview.form(/^Send/))).path)).toBe(caseId);
      await nadia.act(await nadia.step(caseId, /Answer the referral/), /^Acknowledge/);
      const attended = await nadia.act(
        await nadia.step(caseId, /Book the first appointment/),
        /^Attended/,
        { comprehensiveAssessment: 'arranged' },
      );
      expect(attended.heading).toBe('TPR1 return: attended');
    }),
  );

  it(
    'agrees a care plan, and to share what work needs, less what the client rules out',
    inOrder(async () => {
      const { nadia } = people;
      expect(await doIn(nadia, 'careplan.agreed', {})).toBe('Care plan agreed');
      const form = (await nadia.open(`/cases/${caseId}/consent?form=TPR2`)).form(
        /Record the answer/,
      );
      const recorded = await nadia.submit(form, {
        statements: form.choices('statements'),
        decision: 'given',
        parties: 'jcp_wandsworth',
        excluded: 'treatment-summary',
        copy: 'yes',
      });
      expect(recorded.heading).toMatch(/^Consent given or refused/);
      const share = await nadia.open(`/cases/${caseId}/do/tpr2.shared`);
      const preview = await nadia.submit(share.form(/See what will go/), {
        referralKind: 'drug-strategy',
        'employment.goals': 'Warehouse work\nForklift licence',
        treatmentSummary: 'not to be told',
      });
      expect(preview.text).toMatch(/Will be left out .*Summary of treatment/);
      expect((await nadia.submit(preview.form(/^Send/))).heading).toMatch(/TPR2/);
    }),
  );

  it(
    'reaches the team leader, and by her the adviser',
    inOrder(async () => {
      const { siobhan } = people;
      const note = await siobhan.step(caseId, /Note receipt of the TPR2/);
      expect((await siobhan.act(note, /^Note receipt/)).heading).toBe('Receipt of TPR2 noted');
      const pass = await siobhan.step(caseId, /Pass the TPR2 to the adviser/);
      const passed = await siobhan.act(pass, /^Pass to the adviser/, {
        adviser: 'p_wandsworth_adviser_2',
      });
      expect(passed.heading).toBe('TPR2 passed to the adviser');
    }),
  );

  it(
    'has a three-way review: asked for, offered, accepted, held, and what it agreed',
    inOrder(async () => {
      const { nadia, siobhan, tomasz } = people;
      await doIn(nadia, 'review.requested', { wantedBy: soon(20), place: 'job-centre' });
      await doIn(siobhan, 'case.next-attendance', { on: soon(6) });
      const offer = await siobhan.act(
        await siobhan.step(caseId, /Offer a review appointment/),
        /^Offer a review appointment/,
        // The day and which appointment it is stand there already.
        { 'startsAt.time': '10:00', place: 'Room 2' },
      );
      expect(offer.heading).toBe('Review appointment offered');
      const answer = await nadia.step(caseId, /Answer the review offer/);
      expect((await nadia.act(answer, /^Accept the review/)).heading).toBe(
        'Review appointment accepted',
      );
      const hold = await tomasz.step(caseId, /Hold the review/);
      expect((await tomasz.act(hold, /^The review was held/)).heading).toBe('Review held');
      const told = await tomasz.act(
        await tomasz.step(caseId, /Tell what the review agreed/),
        /^Tell what the review agreed/,
        { agreementAmended: 'yes', actions: 'Forklift course' },
      );
      expect(told.heading).toBe('Outcome of the review');
      await nadia.openWhen(`/cases/${caseId}`, /Outcome of the review/);
    }),
  );

  it(
    'exits, unplanned, and comes back: the adviser helps, and says so',
    inOrder(async () => {
      const { nadia, tomasz } = people;
      expect(await doIn(nadia, 'exit.notified', { exit: 'unplanned' })).toMatch(
        /^Exit from treatment/,
      );
      const help = await tomasz.step(caseId, /Help the client to re-engage/);
      const form = (await tomasz.open(help.link(/Refer again/))).form(/See what will go/);
      const preview = await tomasz.submit(form, {
        told: form.choices('told'),
        travelCostsConsidered: 'yes',
        dpa1: 'not-asked',
        tpr1: 'stands',
        to: 'trt_riverside',
        copy: 'no',
        benefit: 'jsa',
      });
      await tomasz.submit(preview.form(/^Send/));
      await tomasz.openWhen('/today', /Help the client to re-engage/, false);
      await nadia.act(await nadia.step(caseId, /Answer the referral/), /^Acknowledge/);
    }),
  );

  it(
    'is on the job centre’s record as far as the DPA1 goes, and off it when the client takes that back',
    inOrder(async () => {
      const { amara } = people;
      const { record } = town.desks;
      const told = await until('the exit is on the record', async () => {
        const all = await recordedOf(record, caseId);
        return all.some(({ data }) => data.message?.type.includes('exit.notified'))
          ? all
          : undefined;
      });
      expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['record.entry']));
      expect(JSON.stringify(told)).not.toContain('not to be told');
      const asked = await amara.submit(
        (await amara.open(`/cases/${caseId}/withdraw`)).form(/See what stops/),
        { form: 'DPA1', how: 'in-person' },
      );
      await amara.submit(asked.form(/Withdraw now/));
      await until('the record is told to erase', async () =>
        (await recordedOf(record, caseId)).some(({ type }) => type === 'record.erasure'),
      );
    }),
  );

  it(
    'was shown on pages that the parser of HTML takes, with no client in a title',
    inOrder(async () => {
      for (const reader of Object.values(people) as DeskReader[]) {
        expect(reader.parseErrors).toEqual([]);
        expect([...reader.titles].join('\n')).not.toMatch(/Quill|QQ\d|Riverside/);
      }
    }),
  );
});
