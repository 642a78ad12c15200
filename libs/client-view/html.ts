/** Text as HTML: names come from the directory, which people write. */
const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** HTML that is safe as it stands. Only `html` and `join` make it, so no text gets in unescaped. */
export class Html {
  constructor(readonly text: string) {}
}

/** Template: what is put in is escaped, unless it is Html itself. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const texts = values.map((value) => {
    if (value instanceof Html) return value.text;
    return typeof value === 'string' || typeof value === 'number'
      ? escapeHtml(String(value))
      : value.map(({ text }) => text).join('');
  });
  return new Html(parts.map((part, index) => `${part}${texts[index] ?? ''}`).join(''));
}

export const nothing = new Html('');
