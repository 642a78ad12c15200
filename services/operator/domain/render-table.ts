/** Rows as text in columns of equal width, two blanks between, headings first. No rows: the given line. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  none = 'nothing',
): string {
  if (rows.length === 0) return none;
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [headings, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}
