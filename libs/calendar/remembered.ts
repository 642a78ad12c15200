/** Two years of hours: who goes through more begins anew. */
const most = 17_520;

/** Of the calendar the same few days and hours are asked for again and again: what was worked out for one is kept. What throws is not. */
export function remembered<Key, Value>(workOut: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = workOut(key);
    if (known.size >= most) known.clear();
    known.set(key, value);
    return value;
  };
}
