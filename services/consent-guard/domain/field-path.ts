type Data = Readonly<Record<string, unknown>>;

/** What lies at a path of a form, or undefined. Own fields only. */
export function valueAt(data: Data, path: readonly string[]): unknown {
  let at: unknown = data;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

/** Puts a value at a path, making what lies between. */
export function putAt(
  target: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): void {
  let at = target;
  let depth = 0;
  for (const name of path) {
    depth += 1;
    const inner = depth === path.length ? value : Object.hasOwn(at, name) ? at[name] : {};
    at[name] = inner;
    at = inner as Record<string, unknown>;
  }
}
