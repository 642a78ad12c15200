import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DeskReader } from '#test/support/desk-reader.js';
import { deskRoutes } from '#test/support/desk-routes.js';
import { caseIn } from '#test/support/desk-town.js';
import type { HtmlPage, Values } from '#test/support/html-page.js';
import { until } from '#test/support/until.js';
import { town } from './desk-shared-town.js';

/*
 * Situations in which other systems lose, double or leak something. Each test has the situation's own words. Two are not here: the desk has
 * no page on which a key is enrolled. A browser is used where it adds something.
 */

let amara: DeskReader;
let tomasz: DeskReader;
let nadia: DeskReader;
let leroy: DeskReader;
const sentBy = (agency: 'jcp' | 'trt_riverside', caseId: string) =>
  town.query(agency, `select id from message where case_id = $1 and direction = 'sent'`, [caseId]);

/** The page Refer, filled in up to its preview. */
async function preview(reader: DeskReader, values: Values, caseId = ''): Promise<HtmlPage> {
  const query = caseId === '' ? '' : `?case=${caseId}`;
  const form = (await reader.open(`/refer${query}`)).form(/See what will go/);
  return reader.submit(form, {
    told: form.choices('told'),
    travelCostsConsidered: 'yes',
    dpa1: 'not-asked',
    tpr1: 'given',
    to: 'trt_riverside',
    copy: 'yes',
    benefit: 'jsa',
    ...values,
  });
}

const clientOf = ({ surname, born, nino }: ReturnType<typeof town.newClient>): Values => ({
  'client.surname': surname,
  'client.dateOfBirth': born,
  'client.nino': nino,
});

/** A client whom the adviser referred from the desk. */
async function referredHere(): Promise<string> {
  const shown = await preview(amara, clientOf(town.newClient()));
  return caseIn((await amara.submit(shown.form(/^Send/))).path);
}

async function takeBack(reader: DeskReader, caseId: string): Promise<void> {
  const asked = (await reader.open(`/cases/${caseId}/withdraw`)).form(/See what stops/);
  const shown = await reader.submit(asked, { form: 'TPR1', how: 'by-telephone' });
  expect((await reader.submit(shown.form(/Withdraw now/))).heading).toBe('Consent withdrawn');
}

describe('at the desk', () => {
  // Within: what it makes would be on the lists of the stories before.
  beforeAll(async () => {
    const { jcp = '', trt_riverside: riverside = '' } = town.desks.urls;
    // Sessions of their own: one of them is made to end.
    [amara, tomasz, nadia, leroy] = await Promise.all([
      DeskReader.signIn(jcp, /Amara Apeere/),
      DeskReader.signIn(jcp, /Tomasz/),
      DeskReader.signIn(riverside, /Nadia Mithal/),
      DeskReader.signIn(riverside, /Leroy/),
    ]);
  });

  it('double click, Enter twice, and the same POST 10 ms apart, with and without JavaScript, put out one message and show one confirmation', async () => {
    for (const javaScript of [true, false]) {
      const caseId = await town.referred();
      const visitor = await town.visit('trt_riverside', /Nadia Mithal/, { javaScript });
      await visitor.openWhen(`/cases/${caseId}`, /Acknowledge/);
      await visitor.page.getByRole('button', { name: /^Acknowledge/ }).dblclick();
      await visitor.page.waitForURL(/\/messages\//);
      expect(await visitor.heading()).toBe('Referral acknowledged');
      expect(await sentBy('trt_riverside', caseId)).toHaveLength(1);
      await visitor.close();
    }
    const caseId = await town.referred();
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const form = (await nadia.open(`/cases/${caseId}`)).form(/^Acknowledge/);
    const first = nadia.post(form);
    await delay(10);
    const answers = await Promise.all([first, nadia.post(form)]);
    const places = answers.map(({ headers }) => headers.get('location'));
    expect(new Set(places).size).toBe(1);
    expect(await sentBy('trt_riverside', caseId)).toHaveLength(1);
  });

  it('Back, and a reload of a POST whose answer was cut off, show "sent at 10:42" and the case, never the form', async () => {
    const caseId = await town.referred();
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const shown = await nadia.open(`/cases/${caseId}/do/appointment.did-not-attend`);
    const form = (await nadia.submit(shown.form(/See what will go/))).form(/^Send/);
    const stop = new AbortController();
    const cutOff = nadia
      .request(form.action, { method: 'POST', body: form.body(), signal: stop.signal })
      .catch(() => undefined);
    await until('it is kept', async () => (await sentBy('trt_riverside', caseId))[0]);
    stop.abort();
    await cutOff;
    for (const page of [await nadia.submit(form), await nadia.open(shown.path)]) {
      expect(page.path).toMatch(/\/messages\//);
      expect(page.text).toMatch(/Sent \d+ \w+ 20\d\d, \d\d:\d\d/);
      expect(page.links.some(({ href }) => href === `/cases/${caseId}`)).toBe(true);
      expect(page.forms.map(({ buttons }) => buttons)).toEqual([['Sign out']]);
    }
    expect(await sentBy('trt_riverside', caseId)).toHaveLength(1);
  });

  it('two tabs on two clients never show or send one client’s answers under the other’s case', async () => {
    const [one, other] = [await town.referred(), await town.referred()];
    const tabs = [one, other].map((caseId) =>
      amara.open(`/cases/${caseId}/do/case.next-attendance`),
    );
    const [first, second] = await Promise.all(tabs);
    if (first === undefined || second === undefined) throw new Error('no tabs');
    const [own, others] = [first.form(/^Record/), second.form(/^Record/)];
    // The other tab's form with this tab's id: neither case takes it for its own.
    await amara.submit(own, { on: '2027-04-16' });
    expect((await amara.post(others, { on: '2027-04-17', id: own.value('id') })).status).toBe(422);
    await amara.submit(others, { on: '2027-04-17' });
    for (const [caseId, shown, hidden] of [
      [one, '16 April 2027', '17 April 2027'],
      [other, '17 April 2027', '16 April 2027'],
    ] as const) {
      const [sent] = await sentBy('jcp', caseId);
      const page = await amara.open(`/cases/${caseId}/messages/${String(sent?.['id'])}`);
      expect(page.text).toContain(shown);
      expect(page.text).not.toContain(hidden);
    }
  });

  it('a colleague records attended while my did-not-attend form is open: mine is refused, says who and when, keeps my text', async () => {
    const caseId = await town.referred();
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const mine = await nadia.open(`/cases/${caseId}/do/appointment.did-not-attend`);
    await leroy.send(await leroy.open(`/cases/${caseId}/do/appointment.attended`));
    const form = mine.form(/See what will go/);
    const refused = await nadia.submit(form);
    expect(refused.status).toBe(409);
    expect(refused.text).toMatch(
      /the record says otherwise Meanwhile: Leroy Placeholder, \d+ \w+ 20\d\d, \d\d:\d\d: TPR1 return: attended/,
    );
    expect(refused.form(/See what will go/).value('on')).toBe(form.value('on'));
  });

  it('two tabs on one referral: Send sends what its own page showed, or nothing', async () => {
    const caseId = await referredHere();
    const shown = await preview(amara, { tpr1: 'stands' }, caseId);
    const draft = String(shown.path.split('/').at(-1));
    const other = await amara.open(`/refer?draft=${draft}`);
    const changed = await amara.submit(other.form(/^See what will go/), {
      benefit: 'esa',
    });
    expect(changed.path).toBe(shown.path);
    const before = await sentBy('jcp', caseId);
    const refused = await amara.submit(shown.form(/^Send/));
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('Nothing was sent: it has changed meanwhile');
    expect(await sentBy('jcp', caseId)).toEqual(before);
  });

  it('consent withdrawn between preview and Send: nothing goes, the page names what changed', async () => {
    const caseId = await referredHere();
    const again = await preview(amara, { tpr1: 'stands' }, caseId);
    await takeBack(tomasz, caseId);
    const before = await sentBy('jcp', caseId);
    const refused = await amara.submit(again.form(/^Send/));
    expect(refused.text).toMatch(/Nothing was sent: it has changed meanwhile.*Cannot go/);
    expect(await sentBy('jcp', caseId)).toEqual(before);
  });

  it('consent changed from yes to no, then the check page opened by address: Send is absent and the POST refused', async () => {
    const caseId = await referredHere();
    const again = await preview(amara, { tpr1: 'stands' }, caseId);
    const send = again.form(/^Send/);
    await takeBack(tomasz, caseId);
    const byAddress = await amara.open(again.path);
    expect(byAddress.forms.flatMap(({ buttons }) => buttons)).toEqual(['Sign out']);
    expect((await amara.post(send)).status).toBe(409);
  });

  it('a session that expires mid-form brings the text back after sign-in; another person who signs in there sees none of it', async () => {
    const caseId = await town.referred();
    const { jcp = '' } = town.desks.urls;
    const mine = await DeskReader.signIn(jcp, /Siobhan/);
    const asked = (await mine.open(`/cases/${caseId}/withdraw`)).form(/See what stops/);
    const stops = await mine.submit(asked, { form: 'TPR1', how: 'in-writing' });
    const withdraw = stops.form(/Withdraw now/);
    const keep = withdraw.choices('keep').slice(0, 1);
    await town.query(
      'jcp',
      `update session set seen_at = now() - interval '61 min' where person = 'p_wandsworth_ptl'`,
    );
    const signIn = await mine.submit(withdraw, { keep });
    expect(await sentBy('jcp', caseId)).toEqual([]);
    const back = await mine.submit(signIn.form(/Siobhan/));
    const again = back.form(/Withdraw now/);
    expect([again.value('keep'), again.value('how'), again.value('id')]).toEqual([
      keep[0],
      'in-writing',
      withdraw.value('id'),
    ]);
    const colleague = await amara.open(back.path);
    expect(colleague.forms.flatMap(({ buttons }) => buttons)).not.toContain('Withdraw now');
    expect(colleague.html).not.toMatch(/checked/);
    expect((await mine.submit(again)).heading).toBe('Consent withdrawn');
  });

  it('a deep link opened by the wrong person answers byte for byte as a case that does not exist; links hold no token; next=//host, /\\host and host.evil stay here', async () => {
    const caseId = await town.referred();
    const { jcp = '' } = town.desks.urls;
    const farah = await DeskReader.signIn(jcp, /Farah/);
    const nobodys = await farah.request('/cases/01900000-0000-7000-8000-000000000000');
    for (const part of ['', '/slip', '/withdraw', '/do/case.next-attendance']) {
      const answer = await farah.request(`/cases/${caseId}${part}`);
      expect([part, answer.status, answer.body]).toEqual([part, 404, nobodys.body]);
    }
    const csrf = (await amara.open('/today')).form(/Sign out/).value('csrf');
    for (const path of ['/today', `/cases/${caseId}`, '/refer'])
      for (const { href } of (await amara.open(path)).links) {
        expect(href).not.toContain(csrf);
        expect(href).not.toMatch(/(token|session|csrf|code|state)=/);
      }
    for (const next of ['//host', '/\\host', 'host.evil', 'https://host.evil/', '/\t/host'])
      expect((await landedAfterSignIn(next)).startsWith(`${jcp}/`)).toBe(true);
  });

  it("O’Neill, O'Neill, Ní Bhriain, Łukasz, an Arabic name, 60 letters and <b> read right in page, title and print; longer ones are refused with the text kept", async () => {
    const names = [
      "O'Neill",
      'O’Neill',
      'Ní Bhriain',
      'Łukasz',
      'Llŷr-Gŵyn',
      'محمد',
      `${'Featherstonehaugh-'.repeat(3)}Quill`.padEnd(60, 'x').slice(0, 60),
      '<b>Bold</b> & Sons',
    ];
    for (const surname of names) {
      const shown = await preview(amara, {
        ...clientOf(town.newClient()),
        'client.surname': surname,
      });
      const sent = await amara.submit(shown.form(/^Send/));
      expect(sent.text).toContain(surname);
      expect(sent.html).not.toContain('<b>Bold');
      const page = await amara.open(`/cases/${caseIn(sent.path)}`);
      expect([page.text.includes(surname), page.title.includes(surname)]).toEqual([true, false]);
    }
    const longest = 'x'.repeat(61);
    const refused = await preview(amara, {
      ...clientOf(town.newClient()),
      'client.surname': longest,
    });
    expect(refused.status).toBe(422);
    expect(refused.form(/See what will go/).value('client.surname')).toBe(longest);
  });

  it('01:30 on 28 March 2027 is refused as not existing; on 31 October 2027 it asks which; a 10:00 review 12 weeks on is 10:00, with TZ=America/New_York', async () => {
    const caseId = await town.referred();
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const book = async (day: string): Promise<HtmlPage> =>
      nadia.submit(
        (await nadia.open(`/cases/${caseId}/do/appointment.booked`)).form(/See what will go/),
        { 'startsAt.date': day, 'startsAt.time': '01:30', place: '2 Example Street' },
      );
    const spring = await book('2027-03-28');
    expect([spring.status, spring.text]).toEqual([
      422,
      expect.stringMatching(/There is a problem.*(does not exist|no such time|go forward)/),
    ]);
    const autumn = await book('2027-10-31');
    expect(autumn.status).toBe(422);
    expect(autumn.form(/See what will go/).choices('startsAt.which')).toHaveLength(2);

    const libs = new URL('../../libs/calendar/', import.meta.url);
    const script = `
      const { londonInstant, londonTime } = await import('${libs.href}london-time.js');
      const { addDays } = await import('${libs.href}local-date.js');
      console.log(londonTime(londonInstant(addDays('2027-01-25', 84), '10:00')), londonInstant('2027-04-19', '10:00').toISOString());`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { env: { TZ: 'America/New_York' } },
    );
    expect(stdout.trim()).toBe('10:00 2027-04-19T09:00:00.000Z');
  });

  it('every action is reached by Tab, in the order of the page, and every link says what it is for', async () => {
    const caseId = await town.referred();
    const visitor = await town.at('trt_riverside', /Nadia Mithal/);
    await visitor.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const wanted = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')].map((each) => each.textContent.trim() || each.name)`;
    const all = await visitor.page.evaluate<readonly string[]>(wanted);
    const reached: string[] = [];
    for (let presses = 0; presses < all.length; presses += 1) {
      await visitor.page.keyboard.press('Tab');
      const at = `document.activeElement.textContent.trim() || document.activeElement.name`;
      reached.push(String(await visitor.page.evaluate(at)));
    }
    expect(reached).toEqual(all);
    expect(all.filter((text) => /^(change|here|more|open|edit)$/i.test(text))).toEqual([]);
  });

  it('2,000 characters with 20 line breaks, emoji and combining marks are taken as they are; the 2,001st is refused with the text kept', async () => {
    const caseId = await town.referred();
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const start = `${'a line\n'.repeat(20)}👩🏽‍🍳 e\u0301 `;
    const longest = start.padEnd(2_000, 'x');
    const share = async (text: string): Promise<HtmlPage> => {
      const page = await nadia.open(`/cases/${caseId}/do/tpr2.shared`);
      // As a browser sends it: each line break is two characters.
      return nadia.submit(page.form(/See what will go/), {
        referralKind: 'drug-strategy',
        'employment.goals': 'Work',
        treatmentSummary: text.replaceAll('\n', '\r\n'),
      });
    };
    const taken = await share(longest);
    expect(taken.text).not.toContain('There is a problem');
    const refused = await share(`${longest}x`);
    expect([refused.status, refused.text]).toEqual([
      422,
      expect.stringContaining('There is a problem'),
    ]);
    expect(refused.form(/See what will go/).value('treatmentSummary')).toBe(`${longest}x`);
  });

  it('each GET route of a case is in the access log, and passes the HTML lint', async () => {
    const caseId = await town.referred();
    await nadia.openWhen(`/cases/${caseId}`, /Acknowledge/);
    const [message] = await town.query(
      'trt_riverside',
      'select id from message where case_id = $1',
      [caseId],
    );
    const looked = async (): Promise<number> =>
      (await town.query('trt_riverside', 'select 1 from viewing where case_id = $1', [caseId]))
        .length;
    const routes = deskRoutes().filter((route) => route.startsWith('GET /cases/:case'));
    expect(routes.length).toBeGreaterThan(5);
    for (const route of routes) {
      const path = route
        .slice('GET '.length)
        .replace(':case', caseId)
        .replace(':name', 'careplan.agreed')
        .replace(':id', String(message?.['id']));
      const before = await looked();
      const page = await nadia.open(path);
      expect([route, page.status, page.errors]).toEqual([route, 200, []]);
      expect([route, (await looked()) > before]).toEqual([route, true]);
    }
  });

  it('each list is in the access log under no case, a draft that names a client under the case that it will be', async () => {
    const newest = async (): Promise<object | undefined> => {
      const looked = 'select person, page, case_id from viewing order by id desc limit 1';
      return (await town.query('jcp', looked, []))[0];
    };
    const leader = await DeskReader.signIn(town.desks.urls['jcp'] ?? '', /Siobhan/);
    const [page, person] = ['refer', 'p_wandsworth_adviser_1'];
    for (const list of ['today', 'cases', 'board', 'refer']) {
      await leader.open(`/${list}`);
      const noted = { person: 'p_wandsworth_ptl', page: list, case_id: null };
      expect(await newest()).toEqual(noted);
    }
    const shown = await preview(amara, clientOf(town.newClient()));
    const seen = await newest();
    expect(seen).toMatchObject({ person, page, case_id: expect.any(String) });
    const caseId = caseIn((await amara.submit(shown.form(/^Send/))).path);
    expect(seen).toMatchObject({ case_id: caseId });
  });
});

/** Where somebody lands whose sign-in was asked to lead elsewhere. */
async function landedAfterSignIn(next: string): Promise<string> {
  const { jcp = '' } = town.desks.urls;
  const reader = new DeskReader(jcp);
  const page = await reader.open(`/sign-in?next=${encodeURIComponent(next)}`);
  await reader.submit(page.form(/Gwyn/));
  return reader.at;
}
