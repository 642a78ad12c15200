import { type DefaultTreeAdapterMap, parse, serializeOuter } from 'parse5';
import { lintHtml } from './lint-html.js';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

export type Values = Readonly<Record<string, string | readonly string[]>>;

/** A field as a person sees it: its value as shown, and the choices where it has some. */
interface Field {
  readonly name: string;
  readonly type: string;
  readonly value: readonly string[];
  readonly choices: readonly string[] | undefined;
}

const isElement = (node: Node): node is Element => 'tagName' in node;
const childrenOf = (node: Node): readonly Node[] => ('childNodes' in node ? node.childNodes : []);

function* elementsIn(node: Node): Generator<Element> {
  for (const child of childrenOf(node)) {
    if (isElement(child)) yield child;
    yield* elementsIn(child);
  }
}

const attribute = (element: Element, name: string): string | undefined =>
  element.attrs.find((each) => each.name === name)?.value;

const unseen: ReadonlySet<string> = new Set(['script', 'style', 'head', 'title']);

function textOf(node: Node): string {
  if ('value' in node && node.nodeName === '#text') return node.value;
  if (isElement(node) && unseen.has(node.tagName)) return '';
  const text = childrenOf(node).map(textOf).join('');
  return isElement(node) && !inline.has(node.tagName) ? `\n${text}\n` : text;
}
const inline: ReadonlySet<string> = new Set(['span', 'a', 'strong', 'b', 'button', 'option']);

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** A form of a page, to be filled in as a person would: only fields that are there, only choices that are offered. */
export class HtmlForm {
  readonly action: string;
  readonly buttons: readonly string[];
  readonly #fields: ReadonlyMap<string, Field>;

  /** @param pressed the button that sends it: its name and value go too */
  constructor(
    readonly element: Element,
    pressed?: RegExp,
  ) {
    this.action = attribute(element, 'action') ?? '';
    const inside = [...elementsIn(element)];
    const buttons = inside.filter(({ tagName }) => tagName === 'button');
    this.buttons = buttons.map((button) => plain(textOf(button)));
    const sender = buttons.find((button) => pressed?.test(plain(textOf(button))) === true);
    this.#fields = fieldsOf(inside.filter((each) => !buttons.includes(each) || each === sender));
  }

  get names(): readonly string[] {
    return [...this.#fields.keys()];
  }

  value(name: string): string {
    return this.#field(name).value[0] ?? '';
  }

  /** The values of a field with choices, empty for others. */
  choices(name: string): readonly string[] {
    return this.#field(name).choices ?? [];
  }

  /** The body that a browser would send. @throws Error for a field or a choice that the page does not show */
  body(values: Values = {}): URLSearchParams {
    const body = new URLSearchParams();
    for (const name of Object.keys(values)) this.#field(name);
    for (const { name, value, choices } of this.#fields.values()) {
      const given = values[name];
      const sent = given === undefined ? value : typeof given === 'string' ? [given] : given;
      for (const each of sent) {
        if (given !== undefined && choices !== undefined && !choices.includes(each))
          throw new Error(`${this.action}: ${name} does not offer ${each}: ${choices.join(', ')}`);
        body.append(name, each);
      }
    }
    return body;
  }

  #field(name: string): Field {
    const field = this.#fields.get(name);
    if (field === undefined)
      throw new Error(`${this.action} has no field ${name}: ${this.names.join(', ')}`);
    return field;
  }
}

function fieldsOf(inside: readonly Element[]): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const element of inside) {
    const name = attribute(element, 'name');
    if (name === undefined || !fieldTags.has(element.tagName)) continue;
    const before = fields.get(name);
    fields.set(name, before === undefined ? fieldOf(name, element) : joined(before, element));
  }
  return fields;
}

const fieldTags: ReadonlySet<string> = new Set(['input', 'select', 'textarea', 'button']);
const isChecked = (element: Element): boolean => attribute(element, 'checked') !== undefined;

function fieldOf(name: string, element: Element): Field {
  const type = element.tagName === 'input' ? (attribute(element, 'type') ?? 'text') : 'text';
  if (element.tagName === 'select') return selectOf(name, element);
  if (element.tagName === 'textarea')
    return { name, type, value: [textOf(element).replace(/^\n|\n$/g, '')], choices: undefined };
  const value = attribute(element, 'value') ?? '';
  if (type !== 'radio' && type !== 'checkbox')
    return { name, type, value: [value], choices: undefined };
  return { name, type, value: isChecked(element) ? [value] : [], choices: [value] };
}

/** Another radio or box of the same name. */
function joined(before: Field, element: Element): Field {
  const value = attribute(element, 'value') ?? '';
  return {
    ...before,
    value: isChecked(element) ? [...before.value, value] : before.value,
    choices: [...(before.choices ?? []), value],
  };
}

function selectOf(name: string, element: Element): Field {
  const options = [...elementsIn(element)].filter(({ tagName }) => tagName === 'option');
  const valueOf = (option: Element): string => attribute(option, 'value') ?? textOf(option);
  const chosen =
    options.find((option) => attribute(option, 'selected') !== undefined) ?? options[0];
  return {
    name,
    type: 'select',
    value: chosen === undefined ? [] : [valueOf(chosen)],
    choices: options.map(valueOf),
  };
}

/** A page as somebody reads it, from its source. */
export class HtmlPage {
  readonly #root: Node;

  constructor(
    readonly status: number,
    /** Path and query. */
    readonly path: string,
    readonly html: string,
  ) {
    this.#root = parse(html);
  }

  /** What the lint says of a whole page. */
  get errors(): readonly string[] {
    return lintHtml(this.html);
  }

  get text(): string {
    return plain(textOf(this.#root));
  }

  get title(): string {
    return /<title>([^<]*)<\/title>/.exec(this.html)?.[1] ?? '';
  }

  get heading(): string {
    return plain(
      this.#elements('h1')
        .map((element) => textOf(element))
        .join(' '),
    );
  }

  get forms(): readonly HtmlForm[] {
    return this.#elements('form').map((element) => new HtmlForm(element));
  }

  /** The form whose button reads so. @throws Error that says which there are */
  form(button: RegExp): HtmlForm {
    const found = this.forms.find(({ buttons }) => buttons.some((each) => button.test(each)));
    if (found !== undefined) return new HtmlForm(found.element, button);
    const buttons = this.forms.flatMap((form) => form.buttons);
    throw new Error(`no button ${String(button)} on ${this.path}: ${buttons.join(' | ')}`);
  }

  get links(): readonly { readonly text: string; readonly href: string }[] {
    return this.#elements('a').map((element) => ({
      text: plain(textOf(element)),
      href: attribute(element, 'href') ?? '',
    }));
  }

  /** @throws Error that says which links there are */
  link(text: RegExp): string {
    const found = this.links.find((each) => text.test(each.text));
    if (found !== undefined) return found.href;
    const links = this.links.map((each) => each.text);
    throw new Error(`no link ${String(text)} on ${this.path}: ${links.join(' | ')}`);
  }

  /** The forms and links of the part of the page with such an id. */
  part(id: string): HtmlPage | undefined {
    const found = [...elementsIn(this.#root)].find((element) => attribute(element, 'id') === id);
    return found === undefined
      ? undefined
      : new HtmlPage(this.status, `${this.path}#${id}`, serializeOuter(found));
  }

  #elements(tagName: string): readonly Element[] {
    return [...elementsIn(this.#root)].filter((each) => each.tagName === tagName);
  }
}
