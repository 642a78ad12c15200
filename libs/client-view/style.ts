import { Html } from './html.js';

/**
 * Large type (19 px on screen, 14 pt on paper), black on white, one column, no colour that carries meaning alone, nothing loaded from
 * elsewhere. Contrast of every pair is above 7:1 (WCAG 2.2, 1.4.6).
 */
export const style = new Html(`
  :root { color-scheme: light; }
  * { box-sizing: border-box; }
  body { margin: 0; background: #fff; color: #111; font: 1.1875rem/1.6 Arial, Helvetica, "Liberation Sans", sans-serif; }
  main { max-width: 44rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
  h1 { font-size: 2.1rem; line-height: 1.2; margin: 0 0 0.75rem; }
  h2 { font-size: 1.5rem; line-height: 1.3; margin: 2.75rem 0 0.5rem; padding-top: 0.75rem; border-top: 3px solid #111; }
  h3 { font-size: 1.1875rem; margin: 0 0 0.15rem; }
  p { margin: 0 0 0.75rem; }
  ul { margin: 0 0 0.75rem; padding-left: 1.4rem; }
  .lead { font-size: 1.3rem; }
  .box { border: 3px solid #111; padding: 1rem 1.25rem; margin: 1.5rem 0; }
  .box > :last-child, .item > :last-child { margin-bottom: 0; }
  .item { border-left: 6px solid #0b4f8a; padding: 0.15rem 0 0.15rem 1rem; margin: 0 0 1.5rem; break-inside: avoid; }
  .item.no { border-left: 6px double #8a1f0b; }
  .mark { font-weight: bold; }
  .quiet { color: #3d3d3d; }
  ol.list, ul.list { list-style: none; padding: 0; }
  footer { margin-top: 3rem; border-top: 1px solid #111; padding-top: 1rem; }
  @media print {
    @page { size: A4; margin: 15mm 17mm; }
    body { font-size: 14pt; line-height: 1.45; }
    main { max-width: none; padding: 0; }
    h1 { font-size: 22pt; } h2 { font-size: 17pt; margin-top: 9mm; break-after: avoid; } h3 { font-size: 14pt; break-after: avoid; }
    .lead { font-size: 15pt; }
    .item { margin-bottom: 5mm; }
    .box { margin: 5mm 0; padding: 4mm 5mm; break-inside: avoid; }
    p { margin-bottom: 2.5mm; }
  }
`);
