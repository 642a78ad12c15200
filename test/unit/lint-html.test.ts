import { describe, expect, it } from '@jest/globals';
import { lintHtml } from '#test/support/lint-html.js';

const page = (body: string): string =>
  `<!DOCTYPE html><html lang="en"><head><title>t</title></head><body>${body}</body></html>`;

describe('the lint of HTML', () => {
  it('takes a page with one first heading and ids of their own', () => {
    expect(lintHtml(page('<h1 id="a">One</h1><p id="b">Two</p>'))).toEqual([]);
  });

  it.each([
    ['<p>None</p>', ['0 h1']],
    ['<h1>One</h1><h1>Two</h1>', ['2 h1']],
    ['<h1 id="a">One</h1><p id="a">Two</p><p id="a">Three</p>', ['id a twice']],
    ['<h1>One</h1><p class="a" class="b">Two</p>', ['1 duplicate-attribute']],
  ])('says what is wrong with %s', (body, errors) => {
    expect(lintHtml(page(body))).toEqual(errors);
  });
});
