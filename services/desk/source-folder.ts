/** Views, styles and migrations are read where they were written: they are not compiled into dist. As seen from here and from the joined `main.js`. */
export const sourceFolder = new URL('../../../services/desk/', import.meta.url);
