/** The path of a request target without its query string, which may hold a key and so belongs in no answer or log. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
