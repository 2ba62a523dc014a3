/**
 * The address of a request to an upstream: the account's own, of which the path is made by `toPath` and the query goes
 * before the client's.
 *
 * @param query with its `?`, or empty
 * @param toPath makes the path from that of the account, which comes without a slash at its end
 * @throws TypeError when the account's address is no URL
 */
export function upstreamUrl(apiUrl: string, query: string, toPath: (base: string) => string): URL {
  const url = new URL(apiUrl);
  url.pathname = toPath(url.pathname.replace(/\/+$/, ''));
  url.search = url.search === '' ? query : url.search + query.replace('?', '&');
  url.hash = '';
  return url;
}
