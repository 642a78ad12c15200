type Data = Readonly<Record<string, unknown>>;

/** What lies at a path of a form, or undefined. Own fields only. */
export function valueAt(data: Data, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined),
    data,
  );
}

/** Puts a value at a path, making what lies between. */
export function putAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner = Object.hasOwn(target, first) ? (target[first] as Record<string, unknown>) : {};
  target[first] = inner;
  putAt(inner, rest, value);
}
