import { readFile, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import { Client } from 'pg';
import { findBrowser } from '#deploy/local/find-program.mjs';
import { type DeskAgency, type LocalDesks, startDesks } from '#deploy/local/mesh-desks.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { DeskReader } from './desk-reader.js';
import { lintHtml } from './lint-html.js';
import { MeshForTest } from './mesh-for-test.js';
import { allow } from './pace.js';
import { until } from './until.js';

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Level A and AA of WCAG 2.0, 2.1 and 2.2. */
const wcagTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

/** What axe puts into a page. */
interface AxePage {
  readonly document: object;
  readonly axe: {
    getRules(tags: string[]): readonly { readonly ruleId: string }[];
    run(
      context: object,
      options: { readonly rules: object },
    ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
  };
}

export interface AxeFinding {
  readonly page: string;
  readonly rule: string;
  readonly nodes: readonly string[];
}

/** A person at a desk, in a browser of their own. */
export class DeskVisitor {
  constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    readonly url: string,
  ) {}

  async open(path: string): Promise<Page> {
    await this.page.goto(`${this.url}${path}`);
    return this.page;
  }

  /**
   * Opens a page once such a text (a part of its source or of what it says) is there, or no longer. It is asked for without the browser until
   * then: each page that a browser draws costs half a second of processor.
   */
  async openWhen(path: string, wanted: string | RegExp, isThere = true): Promise<Page> {
    await until(`${String(wanted)} is ${isThere ? '' : 'not '}on ${path}`, async () => {
      const html = await (await this.context.request.get(`${this.url}${path}`)).text();
      const found = `${html}\n${html.replaceAll(/<[^>]*>/g, '')}`;
      const isFound = typeof wanted === 'string' ? found.includes(wanted) : wanted.test(found);
      return isFound === isThere;
    });
    return this.open(path);
  }

  /** Waits until such a step is on Today, and opens it. */
  async openStep(what: RegExp): Promise<Page> {
    const page = await this.openWhen('/today', what);
    await page.getByRole('link', { name: what }).first().click();
    return page;
  }

  /** Sends the form of the page, through its preview where there is one. */
  async send(): Promise<void> {
    const preview = this.page.getByRole('button', { name: 'See what will go', exact: true });
    if ((await preview.count()) > 0) await preview.click();
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
  }

  heading(): Promise<string> {
    return this.page.locator('h1').innerText();
  }

  /** The text of a page, as somebody reads it. */
  text(): Promise<string> {
    return this.page.locator('body').innerText();
  }

  /** Posts a form of the page as it stands, without the browser: the same one can be sent twice. */
  async formOf(
    selector: string,
  ): Promise<{ readonly action: string; readonly fields: Record<string, string> }> {
    const form = this.page.locator(selector).first();
    const fields: Record<string, string> = {};
    for (const input of await form.locator('input, select, textarea').all()) {
      const name = await input.getAttribute('name');
      if (name === null) continue;
      const type = await input.getAttribute('type');
      if ((type === 'radio' || type === 'checkbox') && !(await input.isChecked())) continue;
      fields[name] = await input.inputValue();
    }
    return { action: (await form.getAttribute('action')) ?? '', fields };
  }

  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
    const form = { ...fields };
    return this.context.request.post(`${this.url}${path}`, { form, headers, maxRedirects: 0 });
  }

  get(path: string) {
    return this.context.request.get(`${this.url}${path}`, { maxRedirects: 0 });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** The mesh, the desks of a job centre and of a provider, and a browser: shared by a suite, each test with a client of its own. */
export class DeskTown {
  readonly findings: AxeFinding[] = [];
  readonly parseErrors: string[] = [];
  readonly #visitors = new Map<string, Promise<DeskVisitor>>();
  readonly #readers = new Map<string, Promise<DeskReader>>();
  #clients = 0;

  private constructor(
    readonly mesh: MeshForTest,
    readonly desks: LocalDesks,
    readonly browser: Browser,
    private readonly axe: string,
  ) {}

  static async start(
    agencies: readonly DeskAgency[] = ['jcp', 'trt_riverside'],
  ): Promise<DeskTown> {
    const executablePath = findBrowser();
    if (executablePath === undefined)
      throw new Error('no browser found: install chromium-headless-shell');
    const mesh = await MeshForTest.start();
    const [desks, browser, axe] = await Promise.all([
      startDesks(mesh.mesh, {
        folder: mesh.folder,
        agencies,
      }),
      chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] }),
      readFile(axeSource, 'utf8'),
    ]);
    return new DeskTown(mesh, desks, browser, axe);
  }

  /** A person of the sample, signed in at their agency's desk. */
  async visit(
    agency: DeskAgency,
    name: RegExp,
    { javaScript = true }: { readonly javaScript?: boolean } = {},
  ): Promise<DeskVisitor> {
    const context = await this.browser.newContext({ javaScriptEnabled: javaScript });
    context.setDefaultTimeout(allow(15_000));
    const page = await context.newPage();
    const visitor = new DeskVisitor(page, context, this.desks.urls[agency] ?? '');
    await visitor.open('/');
    await this.pick(page, name);
    return visitor;
  }

  /** On the provider's page: who to be. */
  async pick(page: Page, name: RegExp): Promise<void> {
    await page.getByRole('button', { name }).click();
  }

  /** A client nobody has seen before. NI numbers with QQ are never issued. */
  newClient(): { readonly surname: string; readonly nino: string; readonly born: string } {
    this.#clients += 1;
    const number = String(this.#clients).padStart(6, '0');
    return { surname: `O'Quill-Łoś ${number}`, nino: `QQ${number}C`, born: '1984-05-17' };
  }

  /** Fills in the page Refer, and opens the preview. Without a client: the page knows who it is. */
  async fillReferral(
    { page }: DeskVisitor,
    client: ReturnType<DeskTown['newClient']> | undefined,
    { consent = 'given' }: { readonly consent?: 'given' | 'stands' } = {},
  ): Promise<void> {
    for (const point of await page.locator('input[name=told]').all()) await point.check();
    await page.check('input[name=travelCostsConsidered][value=yes]');
    await page.check('input[name=dpa1][value=not-asked]');
    await page.selectOption('select[name=to]', 'trt_riverside');
    await page.check(`input[name=tpr1][value=${consent}]`);
    await page.check('input[name=copy][value=yes]');
    if (client !== undefined) {
      await page.fill('[name="client.surname"]', client.surname);
      await page.fill('[name="client.dateOfBirth"]', client.born);
      await page.fill('[name="client.nino"]', client.nino);
    }
    await page.check('input[name=benefit][value=jsa]');
    await page.getByRole('button', { name: 'See what will go' }).click();
  }

  /** A client whom the job centre has referred, by its own system. @param named whom the consent names beside the taker. @returns the case */
  async referred(taker = 'trt_riverside', ...named: readonly string[]): Promise<string> {
    const { surname, nino, born } = this.newClient();
    const client = { surname, nino, dateOfBirth: born };
    const caseId = randomUUID();
    const now = this.mesh.clock.now();
    const send = async (name: MessageName, to: string, data: object): Promise<void> => {
      const parts = { from: 'jcp_wandsworth', actor: 'p_wandsworth_adviser_1', case: caseId };
      const message = this.mesh.message({ ...parts, name, to, data: { ...data } });
      const { status, text } = await this.mesh.send('jcp_wandsworth', message);
      if (status !== 200) throw new Error(`${name}: ${status} ${text}`);
    };
    await send('consent.recorded', 'mesh', consentTo([taker, ...named], client, now));
    await send('referral.requested', taker, {
      client,
      benefit: 'jsa',
      told: [
        'voluntary-first-assessment',
        'finds-need-for-comprehensive',
        'engaging-later-is-voluntary',
      ],
      travelCostsConsidered: true,
    });
    return caseId;
  }

  /** The same person's browser for the whole suite. */
  at(agency: DeskAgency, name: RegExp): Promise<DeskVisitor> {
    const key = `${agency} ${name.source}`;
    const visitor = this.#visitors.get(key) ?? this.visit(agency, name);
    this.#visitors.set(key, visitor);
    return visitor;
  }

  /** The same person without a browser, for the whole suite. */
  reader(agency: DeskAgency, name: RegExp): Promise<DeskReader> {
    const key = `${agency} ${name.source}`;
    const reader = this.#readers.get(key) ?? DeskReader.signIn(this.desks.urls[agency] ?? '', name);
    this.#readers.set(key, reader);
    return reader;
  }

  /**
   * Axe on the page as it stands, all impacts, with the content policy on, and what the lint of HTML says of its source. All rules: some of
   * WCAG 2.2 A and AA are off unless they are asked for, such as the size of targets.
   */
  async look(visitor: DeskVisitor, name: string): Promise<void> {
    const { page, context } = visitor;
    await page.evaluate(this.axe);
    const violations = await page.evaluate(async (tags) => {
      const { axe, document } = globalThis as unknown as AxePage;
      const asked = axe.getRules([...tags]).map(({ ruleId }) => [ruleId, { enabled: true }]);
      const { violations: found } = await axe.run(document, { rules: Object.fromEntries(asked) });
      return found.map(({ id, nodes }) => ({
        rule: id,
        nodes: nodes.map(({ html }) => html),
      }));
    }, wcagTags);
    this.findings.push(...violations.map((each) => ({ page: name, ...each })));
    const html = await (await context.request.get(page.url())).text();
    this.parseErrors.push(...lintHtml(html).map((error) => `${name}: ${error}`));
    // As it is shown, which is another where a form was sent to its own address.
    this.parseErrors.push(...lintHtml(await page.content()).map((error) => `${name}: ${error}`));
  }

  /** Rows of a desk's own database. */
  async query(
    agency: DeskAgency,
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.desks.databases[agency] });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** The sign-in provider knows this person no more, or again. */
  async setKnown(person: string, isKnown: boolean): Promise<void> {
    const { peopleFile } = this.desks;
    const file = JSON.parse(await readFile(peopleFile, 'utf8')) as {
      people: { id: string; was?: string }[];
    };
    const people = file.people.map((each) => {
      if (isKnown) return each.was === person ? { ...each, id: person } : each;
      return each.id === person ? { ...each, id: 'p_gone', was: person } : each;
    });
    await writeFile(peopleFile, JSON.stringify({ ...file, people }));
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.desks.stop();
    await this.mesh.stop();
  }
}

/** The case of an address. */
export const caseIn = (url: string): string => /\/cases\/([0-9a-f-]{36})/.exec(url)?.[1] ?? '';

const consentTo = (parties: readonly string[], client: object, now: Date): object => ({
  form: 'TPR1',
  formReference: 'TPR1 of a test',
  client,
  decision: 'given',
  purposes: ['refer-to-treatment', 'attendance-feedback'],
  to: { parties },
  excludedCategories: [],
  includeCriminalJusticeRoute: false,
  takenAt: now.toISOString(),
  takenBy: 'p_wandsworth_adviser_1',
  explained: { statements: [], wordingVersion: 'test', language: 'en', copyGiven: true },
});
