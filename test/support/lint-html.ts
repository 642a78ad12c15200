import { type DefaultTreeAdapterMap, parse } from 'parse5';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

function* elementsIn(node: Node): Generator<Element> {
  for (const child of 'childNodes' in node ? node.childNodes : []) {
    if ('tagName' in child) yield child;
    yield* elementsIn(child);
  }
}

/** What is wrong with the source of a page: what the parser of HTML says, another number of first headings than one, an id given twice. */
export function lintHtml(html: string): readonly string[] {
  const errors: string[] = [];
  const root = parse(html, {
    onParseError: ({ code, startLine }) => errors.push(`${startLine} ${code}`),
  });
  const elements = [...elementsIn(root)];
  const headings = elements.filter(({ tagName }) => tagName === 'h1').length;
  const ids = elements.flatMap(({ attrs }) =>
    attrs.filter(({ name }) => name === 'id').map(({ value }) => value),
  );
  const twice = new Set(ids.filter((id, index) => ids.indexOf(id) !== index));
  return [
    ...errors,
    ...(headings === 1 ? [] : [`${headings} h1`]),
    ...[...twice].map((id) => `id ${id} twice`),
  ];
}
