import { type HtmlForm, HtmlPage, type Values } from './html-page.js';
import { until } from './until.js';

const mostRedirects = 12;

/** What came back of a request, where the page itself does not matter. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A person at a desk without a browser: follows links, fills in the forms that pages show. Each page is parsed, and its errors are kept. */
export class DeskReader {
  readonly parseErrors: string[] = [];
  readonly titles = new Set<string>();
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(readonly url: string) {}

  /** @param name on the button of the provider's page */
  static async signIn(url: string, name: RegExp): Promise<DeskReader> {
    const reader = new DeskReader(url);
    await reader.submit((await reader.open('/')).form(name));
    return reader;
  }

  /** One request, no redirect followed. */
  async request(
    address: string,
    init: { readonly method?: string; readonly body?: URLSearchParams | string } & Pick<
      RequestInit,
      'headers' | 'signal'
    > = {},
  ): Promise<Answered> {
    const url = new URL(address, this.url);
    const jar = this.#cookies.get(url.host) ?? new Map<string, string>();
    this.#cookies.set(url.host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), cookie },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', ...value] = pair.split('=');
      if (/;\s*(Max-Age=0|Expires=Thu, 01 Jan 1970)/i.test(line)) jar.delete(name);
      else jar.set(name, value.join('='));
    }
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  /** The page at an address, after its redirects. */
  async open(address: string): Promise<HtmlPage> {
    return this.#follow(new URL(address, this.url), {});
  }

  /** Sends a form as it stands on its page, with these fields filled in. */
  async submit(form: HtmlForm, values: Values = {}): Promise<HtmlPage> {
    return this.#follow(this.#addressOf(form), { method: 'POST', body: form.body(values) });
  }

  /** The same, and no redirect followed: the same form can be sent twice. */
  post(form: HtmlForm, values: Values = {}): Promise<Answered> {
    return this.request(this.#addressOf(form).href, { method: 'POST', body: form.body(values) });
  }

  /** The page once such a text is on it, or no longer. */
  openWhen(address: string, wanted: RegExp, isThere = true): Promise<HtmlPage> {
    return until(`${String(wanted)} is ${isThere ? '' : 'not '}on ${address}`, async () => {
      const page = await this.open(address);
      return wanted.test(page.text) === isThere ? page : undefined;
    });
  }

  /** Waits until the page has a link to there, and follows it. */
  follow(address: string, to: string): Promise<HtmlPage> {
    return until(`a link to ${to} is on ${address}`, async () => {
      const href = (await this.open(address)).links.find((link) => link.href.includes(to))?.href;
      return href === undefined ? undefined : this.open(href);
    });
  }

  /** Waits until the case has such a step on my list, and opens it there. @returns the step's own part of the case's page */
  step(caseId: string, what: RegExp): Promise<HtmlPage> {
    return until(`${String(what)} of ${caseId} is on Today`, async () => {
      const href = (await this.open('/today')).links.find(
        (link) => link.href.startsWith(`/cases/${caseId}#step-`) && what.test(link.text),
      )?.href;
      return href === undefined
        ? undefined
        : (await this.open(href)).part(href.slice(href.indexOf('#') + 1));
    });
  }

  /** Does what a page offers: presses the button, or follows the link and sends its form, through a preview where there is one. */
  async act(page: HtmlPage, way: RegExp, values: Values = {}): Promise<HtmlPage> {
    const isButton = page.forms.some(({ buttons }) => buttons.some((each) => way.test(each)));
    if (isButton) return this.submit(page.form(way), values);
    const asked = await this.open(page.link(way));
    return this.send(asked, values);
  }

  /** Sends the form of a page; a preview is looked at and sent. @throws Error with the page's text where it was not taken */
  async send(asked: HtmlPage, values: Values = {}): Promise<HtmlPage> {
    const answer = await this.submit(asked.form(sendWords), values);
    if (isTaken(answer)) return answer;
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    const second = await this.submit(answer.form(sendWords));
    if (!isTaken(second)) throw new Error(`${second.status} ${second.text}`);
    return second;
  }

  /** Address of the page that was shown last. */
  get at(): string {
    return this.#at?.href ?? this.url;
  }

  #addressOf({ action }: HtmlForm): URL {
    return new URL(action, this.#at ?? this.url);
  }

  /** Where the last page was: the forms of the sign-in provider lead back to it. */
  #at: URL | undefined;

  async #follow(address: URL, first: Parameters<DeskReader['request']>[1]): Promise<HtmlPage> {
    let at = address;
    let init = first;
    for (let redirects = 0; redirects < mostRedirects; redirects += 1) {
      const { status, headers, body } = await this.request(at.href, init);
      const location = headers.get('location');
      if (location === null) {
        this.#at = at;
        const page = new HtmlPage(status, `${at.pathname}${at.search}`, body);
        this.titles.add(page.title);
        this.parseErrors.push(...page.errors.map((error) => `${at.pathname}: ${error}`));
        return page;
      }
      at = new URL(location, at);
      init = {};
    }
    throw new Error(`${address.pathname} leads round and round`);
  }
}

/** A message that was sent is shown. */
const isTaken = ({ path }: HtmlPage): boolean => path.includes('/messages/');
const sendWords = /^(Send|See what will go|Record|Record the answer|Refer)( |$)/;
