import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { DeskVisitor } from '#test/support/desk-town.js';
import { town } from './desk-shared-town.js';

/* A single point of contact, a team leader and an adviser at their agencies' desks, in Chromium; each test has a client of its own. */

const amara = (): Promise<DeskVisitor> => town.at('jcp', /Amara Apeere/);
const siobhan = (): Promise<DeskVisitor> => town.at('jcp', /Siobhan/);
const olu = (): Promise<DeskVisitor> => town.at('spoc_lsw', /Olu/);

/** The case on the board, among those of a person. */
const boxOf = (visitor: DeskVisitor, caseId: string) =>
  visitor.page.locator(`input[name=case][value="${caseId}"]`);

const openBoard = (visitor: DeskVisitor, caseId: string, who: string) =>
  visitor.openWhen(`/board?who=${who}`, `value="${caseId}"`);

const sentIn = (caseId: string) =>
  town.query('jcp', `select id from message where case_id = $1 and direction = 'sent'`, [caseId]);

describe('a single point of contact', () => {
  it('sees what waits and whom the consent names, and passes it on, without JavaScript', async () => {
    const caseId = await town.referred('spoc_lsw', 'trt_riverside');
    const duty = await town.visit('spoc_lsw', /Olu/, { javaScript: false });
    await duty.openWhen('/queue', `/cases/${caseId}/do/referral.forwarded`);
    expect(await duty.text()).toMatch(
      /It came today[\s\S]*names: Riverside Recovery, Wandsworth\./,
    );
    expect(await duty.text()).not.toContain('Quill');
    await duty.page.locator(`a[href="/cases/${caseId}/do/referral.forwarded"]`).click();
    await duty.page.selectOption('select[name=to]', 'trt_riverside');
    await duty.page.getByRole('button', { name: 'See what will go' }).click();
    expect(await duty.text()).toMatch(/Will go[\s\S]*Surname[\s\S]*Will be left out/);
    await duty.send();
    expect(await duty.heading()).toBe('Referral passed on by the single point of contact');
    await duty.openWhen('/queue', `href="/cases/${caseId}"`, false);
    await duty.close();
  });

  it('hands one back with a reason', async () => {
    const caseId = await town.referred('spoc_lsw');
    const duty = await olu();
    const handBack = `a[href="/cases/${caseId}/do/referral.declined"]`;
    await duty.openWhen('/queue', `/cases/${caseId}/do/referral.declined`);
    expect(await duty.text()).toContain('names no provider that could be asked now');
    await duty.page.locator(handBack).click();
    await duty.page.locator('[name=reason][value=no-capacity]').check();
    await duty.send();
    expect(await duty.heading()).toBe('Referral declined: the client cannot be taken');
  });
});

describe('a team leader', () => {
  it('hands a case over after a preview; the same form twice is one message', async () => {
    const caseId = await town.referred();
    const leader = await siobhan();
    await openBoard(leader, caseId, 'p_wandsworth_adviser_1');
    await boxOf(leader, caseId).check();
    await leader.page.selectOption('select[name=to]', 'p_wandsworth_adviser_2');
    await leader.page.getByRole('button', { name: 'See what would be handed over' }).click();
    expect(await leader.text()).toMatch(
      /From Amara Apeere to Tomasz Przykladek[\s\S]*Waiting for an answer to the referral/,
    );
    expect(await leader.text()).not.toContain('Quill');
    expect(await sentIn(caseId)).toEqual([]);

    const { action, fields } = await leader.formOf('main form');
    const answers = await Promise.all([1, 2, 3].map(() => leader.post(action, fields)));
    expect(answers.map((answer) => answer.status())).toEqual([303, 303, 303]);
    expect(await sentIn(caseId)).toHaveLength(1);
    await leader.page.reload();
    expect(await leader.heading()).toBe('Handed over');
    expect(await leader.text()).toContain('Tomasz Przykladek holds it now.');
    await openBoard(leader, caseId, 'p_wandsworth_adviser_2');
  });

  it('sends nothing of a case that went to somebody else meanwhile', async () => {
    const caseId = await town.referred();
    const leader = await siobhan();
    await openBoard(leader, caseId, 'p_wandsworth_adviser_1');
    await boxOf(leader, caseId).check();
    await leader.page.selectOption('select[name=to]', 'p_wandsworth_adviser_2');
    await leader.page.getByRole('button', { name: 'See what would be handed over' }).click();

    const adviser = await amara();
    await adviser.open(`/cases/${caseId}/do/case.caseworker-named`);
    await adviser.page.selectOption('select[name=person]', 'p_wandsworth_ptl');
    await adviser.page.getByRole('button', { name: 'Record' }).click();
    const before = await sentIn(caseId);
    const { action, fields } = await leader.formOf('main form');
    await openBoard(leader, caseId, 'p_wandsworth_ptl');
    expect((await leader.post(action, fields)).status()).toBe(303);
    expect(await sentIn(caseId)).toEqual(before);
    await leader.open(action);
    expect(await leader.text()).toContain('Nothing of it is with Amara Apeere now');
  });

  it('keeps what was ticked where nobody was chosen, or the session had ended', async () => {
    const caseId = await town.referred();
    const leader = await town.visit('jcp', /Siobhan/);
    await openBoard(leader, caseId, 'p_wandsworth_adviser_1');
    await boxOf(leader, caseId).check();
    await leader.page.getByRole('button', { name: 'See what would be handed over' }).click();
    expect(await leader.text()).toMatch(/There is a problem\s+Choose who gets them/);
    expect(await boxOf(leader, caseId).isChecked()).toBe(true);
    await town.query(
      'jcp',
      `update session set seen_at = now() - interval '61 min' where person = 'p_wandsworth_ptl'`,
    );
    await leader.page.getByRole('button', { name: 'See what would be handed over' }).click();
    await town.pick(leader.page, /Siobhan/);
    expect(await boxOf(leader, caseId).isChecked()).toBe(true);
    await town.query('jcp', 'update session set seen_at = now()');
    await leader.close();
  });
});

describe('a client’s slip', () => {
  it('is printed without names, or with them, and who looked says that it was', async () => {
    const caseId = await town.referred();
    const adviser = await amara();
    await adviser.openWhen(`/cases/${caseId}`, /A slip for the client/);
    await adviser.page.getByRole('link', { name: /A slip for the client/ }).click();
    await adviser.page.emulateMedia({ media: 'print' });
    const printed = await adviser.text();
    expect(printed).toMatch(
      /The job centre may tell your support service:\s+that you are referred/,
    );
    expect(printed).not.toMatch(/treatment|Riverside|Quill|QQ\d|Sign out|Accessibility/);
    await adviser.page.emulateMedia({ media: 'screen' });
    await adviser.page.getByRole('link', { name: 'The client wants the names on it' }).click();
    expect(await adviser.text()).toMatch(
      /Jobcentre Plus Wandsworth .* may tell Riverside Recovery/,
    );
    await adviser.open(`/cases/${caseId}/looked`);
    await adviser.page.emulateMedia({ media: 'print' });
    expect(await adviser.text()).toMatch(/Amara Apeere\s+the client’s slip/);
    await adviser.page.emulateMedia({ media: 'screen' });
  });
});

describe('each of these pages', () => {
  it('is shown to the role that has it, and to others as a page that does not exist', async () => {
    const visitors = { adviser: await amara(), leader: await siobhan(), duty: await olu() };
    const nowhere = await (await visitors.adviser.get('/no/such/page')).body();
    const preview = `/board/hand-over/${randomUUID()}`;
    const table: readonly [string, readonly (keyof typeof visitors)[]][] = [
      ['/queue', ['duty']],
      ['/board', ['leader']],
      ['/board?office=jcp_lambeth', ['leader']],
      ['/board?office=jcp_leeds', []],
      [preview, []],
      ['/board/hand-over/1', []],
    ];
    for (const [path, roles] of table)
      for (const [role, visitor] of Object.entries(visitors)) {
        const answer = await visitor.get(path);
        const isTheirs = roles.some((each) => each === role);
        expect([path, role, answer.status()]).toEqual([path, role, isTheirs ? 200 : 404]);
        if (!isTheirs) expect(await answer.body()).toEqual(nowhere);
      }
  });

  it('passes axe with every rule on, is HTML, fits a narrow screen, and has no client in its title', async () => {
    const [here, there] = [await town.referred(), await town.referred('spoc_lsw', 'trt_riverside')];
    const [adviser, leader, duty] = await Promise.all([amara(), siobhan(), olu()]);
    await openBoard(leader, here, 'p_wandsworth_adviser_1');
    await town.look(leader, 'board');
    await leader.page.getByRole('button', { name: 'See what would be handed over' }).click();
    await town.look(leader, 'board, with errors');
    await boxOf(leader, here).check();
    await leader.page.selectOption('select[name=to]', 'p_wandsworth_adviser_2');
    await leader.page.getByRole('button', { name: 'See what would be handed over' }).click();
    await town.look(leader, 'hand-over');
    await leader.page.getByRole('button', { name: /^Hand over/ }).click();
    await town.look(leader, 'handed over');
    await adviser.open(`/cases/${here}/slip`);
    await town.look(adviser, 'slip');
    await adviser.open(`/cases/${here}/looked`);
    await town.look(adviser, 'looked');
    await duty.openWhen('/queue', `href="/cases/${there}"`);
    await town.look(duty, 'queue');
    await leader.open('/board?who=p_wandsworth_adviser_2');
    await adviser.open(`/cases/${here}/slip?names=yes`);
    for (const { page } of [adviser, leader, duty]) {
      expect(await page.title()).not.toMatch(/Quill|QQ\d/);
      // 400 % zoom of a screen of 1,280 pixels.
      await page.setViewportSize({ width: 320, height: 640 });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([page.url(), width]).toEqual([page.url(), 320]);
    }
    expect(town.findings).toEqual([]);
    expect(town.parseErrors).toEqual([]);
  });
});
