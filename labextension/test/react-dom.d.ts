/** The one function of react-dom that tests use; its own types are not installed. */
declare module 'react-dom/server' {
  export function renderToStaticMarkup(element: React.ReactElement): string;
}
