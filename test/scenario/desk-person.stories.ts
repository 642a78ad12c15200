import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type DeskVisitor, caseIn } from '#test/support/desk-town.js';
import { until } from '#test/support/until.js';
import { town } from './desk-shared-town.js';

/* An adviser and a keyworker at their agencies' desks, in Chromium. One mesh, one browser; each test has a client of its own. */

const amara = (): Promise<DeskVisitor> => town.at('jcp', /Amara Apeere/);
const tomasz = (): Promise<DeskVisitor> => town.at('jcp', /Tomasz/);
const nadia = (): Promise<DeskVisitor> => town.at('trt_riverside', /Nadia Mithal/);
const leroy = (): Promise<DeskVisitor> => town.at('trt_riverside', /Leroy/);

async function withdraw(visitor: DeskVisitor, caseId: string): Promise<void> {
  const page = await visitor.open(`/cases/${caseId}/withdraw`);
  await page.check('input[name=form][value=TPR1]');
  await page.check('input[name=how][value=by-telephone]');
  await page.getByRole('button', { name: 'See what stops' }).click();
  expect(await visitor.text()).toMatch(/Already had[\s\S]*Riverside Recovery/);
  await page.getByRole('button', { name: 'Withdraw now' }).click();
  expect(await visitor.heading()).toBe('Consent withdrawn');
}

describe('an adviser and a keyworker, without JavaScript', () => {
  it('refer, acknowledge, report an absence, refer again, each on their own pages', async () => {
    const [adviser, keyworker] = await Promise.all([
      town.visit('jcp', /Amara Apeere/, { javaScript: false }),
      town.visit('trt_riverside', /Nadia Mithal/, { javaScript: false }),
    ]);
    const client = town.newClient();

    await adviser.page.getByRole('link', { name: 'Refer a client' }).click();
    await town.fillReferral(adviser, client);
    expect(await adviser.text()).toMatch(/Will go[\s\S]*Surname[\s\S]*Will be left out\s+Nothing/);
    await adviser.page.getByRole('button', { name: 'Send' }).click();
    expect(await adviser.heading()).toBe('Referral requested (TPR1)');
    const caseId = caseIn(adviser.page.url());

    await keyworker.openStep(/Answer the referral/);
    expect(await keyworker.text()).toContain(client.surname);
    await keyworker.page.getByRole('button', { name: /^Acknowledge/ }).click();
    expect(await keyworker.heading()).toBe('Referral acknowledged');

    await keyworker.openStep(/Book the first appointment/);
    await keyworker.page.getByRole('link', { name: 'Did not attend' }).first().click();
    await keyworker.page.getByRole('button', { name: 'See what will go' }).click();
    expect(await keyworker.text()).toMatch(/Will go\s+Day\s+Will be left out\s+Nothing/);
    await keyworker.send();
    expect(await keyworker.heading()).toBe('TPR1 return: did not attend');

    await adviser.openStep(/Discuss the missed appointment/);
    expect(await adviser.page.locator('#stands').innerText()).toMatch(
      /^Amara Apeere must act next, since .*: Discuss the missed appointment\./,
    );
    await adviser.page.getByRole('link', { name: 'Refer again' }).first().click();
    expect(await adviser.page.inputValue('[name="client.surname"]')).toBe(client.surname);
    await town.fillReferral(adviser, client);
    await adviser.page.getByRole('button', { name: 'Send' }).click();
    expect(caseIn(adviser.page.url())).toBe(caseId);

    await keyworker.openStep(/Answer the referral/);
    await Promise.all([adviser.close(), keyworker.close()]);
  });
});

describe('a form', () => {
  it('sent three times at once is one message and one confirmation', async () => {
    const caseId = await town.referred();
    const keyworker = await nadia();
    await keyworker.openWhen(
      `/cases/${caseId}`,
      `action="/cases/${caseId}/do/referral.acknowledged"`,
    );
    const { action, fields } = await keyworker.formOf('form[action$="/do/referral.acknowledged"]');
    const answers = await Promise.all([1, 2, 3].map(() => keyworker.post(action, fields)));
    expect(answers.map((answer) => answer.status())).toEqual([303, 303, 303]);
    expect(new Set(answers.map((answer) => answer.headers()['location'])).size).toBe(1);
    const sent = `select id from message where case_id = $1 and direction = 'sent'`;
    expect(await town.query('trt_riverside', sent, [caseId])).toEqual([{ id: fields['id'] }]);
  });

  it('that a colleague was faster with is refused with what stands, and keeps the text', async () => {
    const caseId = await town.referred();
    const [mine, colleague] = await Promise.all([nadia(), leroy()]);
    await mine.open(`/cases/${caseId}/do/appointment.did-not-attend`);
    const day = await mine.page.inputValue('[name=on]');
    await colleague.open(`/cases/${caseId}/do/appointment.attended`);
    await colleague.send();
    expect(await colleague.heading()).toBe('TPR1 return: attended');

    await mine.page.getByRole('button', { name: 'See what will go' }).click();
    expect(await mine.text()).toMatch(
      /the record says otherwise[\s\S]*Leroy Placeholder, .*: TPR1 return: attended/,
    );
    expect([day, await mine.page.inputValue('[name=on]')]).toEqual([day, day]);
    expect(day).not.toBe('');
  });

  it('without the token of its session, or from another site, is not taken', async () => {
    const caseId = await town.referred();
    const adviser = await amara();
    await adviser.open(`/cases/${caseId}/do/case.next-attendance`);
    const { action, fields } = await adviser.formOf('main form');
    const whole = { ...fields, on: '2026-04-17' };
    expect((await adviser.post(action, { ...whole, csrf: '' })).status()).toBe(403);
    const elsewhere = { origin: 'https://elsewhere.example.org' };
    expect((await adviser.post(action, whole, elsewhere)).status()).toBe(403);
    const sent = `select 1 from message where case_id = $1 and direction = 'sent'`;
    expect(await town.query('jcp', sent, [caseId])).toEqual([]);
    expect((await adviser.post(action, whole)).status()).toBe(303);
    expect(await town.query('jcp', sent, [caseId])).toHaveLength(1);
  });
});

describe('what a client took back', () => {
  it('between preview and Send: nothing goes, and the page says so', async () => {
    const [adviser, colleague] = await Promise.all([amara(), tomasz()]);
    await adviser.open('/refer');
    await town.fillReferral(adviser, town.newClient());
    await adviser.page.getByRole('button', { name: 'Send' }).click();
    const caseId = caseIn(adviser.page.url());
    await adviser.open(`/refer?case=${caseId}`);
    await town.fillReferral(adviser, undefined, { consent: 'stands' });
    expect(await adviser.text()).toContain('Will go');

    await withdraw(colleague, caseId);
    await adviser.page.getByRole('button', { name: 'Send' }).click();
    expect(await adviser.text()).toMatch(/Nothing was sent[\s\S]*Cannot go/);
    expect(await adviser.page.getByRole('button', { name: 'Send' }).count()).toBe(0);
  });

  it('is erased where it had been received, and leaves a line', async () => {
    const caseId = await town.referred();
    const [adviser, keyworker] = await Promise.all([amara(), nadia()]);
    const kept = (): Promise<readonly Record<string, unknown>[]> =>
      town.query(
        'trt_riverside',
        `select id, sealed, erased_because from message where case_id = $1 and type like '%referral.requested%'`,
        [caseId],
      );
    await until('the referral is kept', async () => (await kept()).length > 0);
    const [before] = await kept();
    expect(String(before?.['sealed'])).not.toContain('Quill');
    await keyworker.open(`/cases/${caseId}/messages/${String(before?.['id'])}`);
    expect(await keyworker.text()).toContain('Quill');
    await withdraw(adviser, caseId);
    await until('its content is gone', async () => (await kept())[0]?.['sealed'] === null);
    await keyworker.page.reload();
    expect(await keyworker.text()).toContain('The client took the consent back.');
    expect(await keyworker.text()).not.toContain('Quill');
  });
});

describe('a TPR2', () => {
  it('shows field by field what goes and what is left out, then goes, and the team leader notes receipt', async () => {
    const caseId = await town.referred();
    const [keyworker, leader] = await Promise.all([nadia(), town.at('jcp', /Siobhan/)]);
    const share = `/cases/${caseId}/do/tpr2.shared`;
    await keyworker.openWhen(share, `action="${share}"`);
    const page = await keyworker.open(`/cases/${caseId}/consent?form=TPR2`);
    for (const point of await page.locator('input[name=statements]').all()) await point.check();
    await page.check('input[name=decision][value=given]');
    await page.check('input[name=parties][value=jcp_wandsworth]');
    await page.check('input[name=excluded][value=treatment-summary]');
    await page.check('input[name=copy][value=yes]');
    await page.getByRole('button', { name: 'Record the answer' }).click();
    expect(await keyworker.heading()).toMatch(/^Consent given or refused/);

    await keyworker.open(`/cases/${caseId}/do/tpr2.shared`);
    await page.check('input[name=referralKind][value=drug-strategy]');
    await page.fill('[name="employment.goals"]', 'Warehouse work\nForklift licence');
    await page.fill('[name=treatmentSummary]', 'not to be told');
    await page.getByRole('button', { name: 'See what will go' }).click();
    expect(await keyworker.text()).toMatch(
      /Will go[\s\S]*Goals[\s\S]*Will be left out[\s\S]*Summary of treatment/,
    );
    expect(await page.inputValue('[name=treatmentSummary]')).toBe('not to be told');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    expect(await keyworker.heading()).toMatch(/TPR2/);

    await leader.openStep(/Note receipt of the TPR2/);
    expect(await leader.text()).not.toContain('not to be told');
    await leader.page.getByRole('button', { name: /^Note receipt/ }).click();
    expect(await leader.heading()).toBe('Receipt of TPR2 noted');
    await leader.openStep(/Pass the TPR2 to the adviser/);
    await leader.page.getByRole('link', { name: 'Pass to the adviser' }).first().click();
    await leader.page.selectOption('select[name=adviser]', 'p_wandsworth_adviser_2');
    await leader.page.getByRole('button', { name: 'Record' }).click();
    expect(await leader.heading()).toBe('TPR2 passed to the adviser');
  });
});

describe('a case of others', () => {
  it('answers byte for byte as one that does not exist, and nobody is noted as having seen it', async () => {
    const caseId = await town.referred();
    const leeds = await town.at('jcp', /Farah/);
    const [others, nobodys, nowhere] = await Promise.all(
      [`/cases/${caseId}`, `/cases/${randomUUID()}`, '/no/such/page'].map((path) =>
        leeds.get(path),
      ),
    );
    expect(others?.status()).toBe(404);
    expect(await others?.body()).toEqual(await nobodys?.body());
    expect(await others?.body()).toEqual(await nowhere?.body());
    const headers = (answer: typeof others): Record<string, string> => {
      const { date: _date, 'content-security-policy': policy, ...rest } = answer?.headers() ?? {};
      return { ...rest, policy: policy?.replace(/nonce-[\w-]+/, 'nonce') ?? '' };
    };
    expect(headers(others)).toEqual(headers(nobodys));
    const seen = 'select person from viewing where case_id = $1';
    expect(await town.query('jcp', seen, [caseId])).toEqual([]);
  });

  it('nor is one of mine shown when it cannot be noted who looked', async () => {
    const caseId = await town.referred();
    const adviser = await amara();
    await town.query('jcp', 'alter table viewing rename to viewing_away');
    const answer = await adviser.get(`/cases/${caseId}`);
    await town.query('jcp', 'alter table viewing_away rename to viewing');
    expect(answer.status()).toBe(500);
    expect(await answer.text()).not.toContain('Quill');
    expect((await adviser.get(`/cases/${caseId}`)).status()).toBe(200);
    expect(
      await town.query('jcp', 'select person, page from viewing where case_id = $1', [caseId]),
    ).toEqual([{ person: 'p_wandsworth_adviser_1', page: 'case' }]);
  });
});

describe('a session', () => {
  it('ends at sign-out: its cookie opens nothing more', async () => {
    const adviser = await town.visit('jcp', /Siobhan/);
    const cookies = await adviser.context.cookies();
    await adviser.page.getByRole('button', { name: 'Sign out' }).click();
    expect(await adviser.heading()).toBe('You are signed out');
    await adviser.context.addCookies(cookies);
    const answer = await adviser.get('/today');
    expect([answer.status(), answer.headers()['location']]).toEqual([
      303,
      '/sign-in?next=%2Ftoday',
    ]);
    await adviser.close();
  });

  it('ends, a minute later at most, when the provider does not know the person any more', async () => {
    const person = 'p_lambeth_adviser_1';
    const colleague = await town.visit('jcp', /Desmond/);
    await town.setKnown(person, false);
    expect((await colleague.get('/today')).status()).toBe(200);
    await town.query(
      'jcp',
      `update session set checked_at = now() - interval '61 s' where person = $1`,
      [person],
    );
    expect((await colleague.get('/today')).status()).toBe(401);
    expect(await town.query('jcp', 'select 1 from session where person = $1', [person])).toEqual(
      [],
    );
    await colleague.close();
  });

  it('that ended meanwhile brings the text back, to the same person and to nobody else', async () => {
    const caseId = await town.referred();
    const [adviser, colleague] = await Promise.all([town.visit('jcp', /Amara/), tomasz()]);
    await adviser.open(`/cases/${caseId}/do/case.next-attendance`);
    await adviser.page.fill('[name=on]', '2026-04-17');
    await town.query(
      'jcp',
      `update session set seen_at = now() - interval '61 min' where person = 'p_wandsworth_adviser_1'`,
    );
    await adviser.page.getByRole('button', { name: 'Record' }).click();
    expect(adviser.page.url()).toContain('/pick/');
    await town.pick(adviser.page, /Amara/);
    expect(await adviser.page.inputValue('[name=on]')).toBe('2026-04-17');

    await colleague.open(adviser.page.url().slice(adviser.url.length));
    expect(await colleague.page.inputValue('[name=on]')).not.toBe('2026-04-17');
    await town.query('jcp', 'update session set seen_at = now()');
    await adviser.close();
  });

  it('leads back to a page of the desk alone, whatever its address asks for', async () => {
    const next = encodeURIComponent('//elsewhere.example.org');
    const context = await town.browser.newContext();
    const page = await context.newPage();
    await page.goto(`${town.desks.urls['jcp']}/sign-in?next=${next}`);
    await town.pick(page, /Amara/);
    expect(page.url()).toBe(`${town.desks.urls['jcp']}/today`);
    await context.close();
  });
});

describe('each page', () => {
  it('passes axe with every rule on, is HTML, holds its policy, and has no client in its title', async () => {
    const caseId = await town.referred();
    const [adviser, keyworker] = await Promise.all([amara(), nadia()]);
    const policyBreaks: string[] = [];
    for (const { page } of [adviser, keyworker])
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) policyBreaks.push(message.text());
      });
    const pages = [
      '/today',
      '/cases',
      `/cases/${caseId}`,
      `/refer?case=${caseId}`,
      `/cases/${caseId}/consent?form=DPA1`,
      `/cases/${caseId}/withdraw`,
      `/cases/${caseId}/do/case.action-noted`,
      `/cases/${caseId}/looked`,
      '/accessibility',
      '/no/such/page',
    ];
    for (const path of pages) {
      await adviser.open(path);
      await town.look(adviser, path.replace(caseId, ':case'));
      expect(await adviser.page.title()).not.toMatch(/Quill|QQ\d/);
    }
    await adviser.open('/refer');
    await adviser.page.getByRole('button', { name: 'See what will go' }).click();
    await town.look(adviser, 'refer, with errors');
    await town.fillReferral(adviser, town.newClient());
    await town.look(adviser, 'preview');
    await adviser.page.getByRole('button', { name: 'Send' }).click();
    await town.look(adviser, 'message');
    for (const name of ['appointment.booked', 'tpr2.shared', 'exit.notified']) {
      await keyworker.open(`/cases/${caseId}/do/${name}`);
      await town.look(keyworker, name);
    }
    await keyworker.page.getByRole('button', { name: 'Save for later' }).click();
    await town.look(keyworker, 'a form saved for later');
    await keyworker.open('/today');
    await town.look(keyworker, 'Today, with a form saved for later');
    await keyworker.open(`/cases/${caseId}/do/appointment.did-not-attend`);
    await keyworker.page.getByRole('button', { name: 'See what will go' }).click();
    await town.look(keyworker, 'preview of an outcome');
    await keyworker.open(`/cases/${caseId}/consent`);
    await town.look(keyworker, 'consent TPR2');
    expect(town.findings).toEqual([]);
    expect(town.parseErrors).toEqual([]);
    expect(policyBreaks).toEqual([]);
  });

  it('reads on a screen of 320 pixels, as at 400 %, without scrolling to the side', async () => {
    const caseId = await town.referred();
    const keyworker = await nadia();
    const wide = keyworker.page.viewportSize();
    await keyworker.page.setViewportSize({ width: 320, height: 640 });
    for (const path of ['/today', `/cases/${caseId}`, `/cases/${caseId}/do/appointment.booked`]) {
      await keyworker.open(path);
      const width = await keyworker.page.evaluate('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 320]);
    }
    if (wide !== null) await keyworker.page.setViewportSize(wide);
  });

  it('is kept by nobody, framed by nobody, and loads nothing from elsewhere', async () => {
    const adviser = await amara();
    const headers = (await adviser.get('/today')).headers();
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['referrer-policy']).toBe('same-origin');
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/script-src 'nonce-[\w-]{22}'(;|$)/);
    expect(policy).not.toContain('unsafe');
    const [cookie] = (await adviser.context.cookies()).filter(({ name }) => name === 'desk_jcp');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
    expect(cookie?.value).toMatch(/^[\w-]{43}$/);
  });
});
