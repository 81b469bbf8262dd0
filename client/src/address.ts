/**
 * The WebSocket address that belongs to a page: same host and port, same folder, `wss` where the page came over TLS.
 * `https://a.example/greet/index.html?x#y` gives `wss://a.example/greet/`. An address of a WebSocket does as well as that of a page.
 */
export function socketAddress(pageAddress: string, path = '.'): string {
  const address = new URL(path, pageAddress);
  address.protocol = address.protocol.replace('http', 'ws');
  address.search = '';
  address.hash = '';
  return address.href;
}
