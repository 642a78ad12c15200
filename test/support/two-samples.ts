/**
 * Kolmogorov-Smirnov for two samples: D, the greatest distance between their distribution functions, and the D beyond which they differ at
 * level `alpha` (asymptotic: sqrt(-ln(alpha / 2) / 2) * sqrt((n + m) / (n m))).
 */
export function kolmogorovSmirnov(
  a: readonly number[],
  b: readonly number[],
  alpha: number,
): { readonly d: number; readonly critical: number } {
  const [x, y] = [a.toSorted((p, q) => p - q), b.toSorted((p, q) => p - q)];
  let [i, j, d] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i] ?? Infinity, y[j] ?? Infinity);
    while ((x[i] ?? Infinity) <= at) i += 1;
    while ((y[j] ?? Infinity) <= at) j += 1;
    d = Math.max(d, Math.abs(i / x.length - j / y.length));
  }
  return {
    d,
    critical:
      Math.sqrt(-Math.log(alpha / 2) / 2) *
      Math.sqrt((x.length + y.length) / (x.length * y.length)),
  };
}

export function quantile(sample: readonly number[], q: number): number {
  const sorted = sample.toSorted((p, r) => p - r);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
