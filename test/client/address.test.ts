import test from 'ava';
import { socketAddress } from '../../client/src/address.ts';

test('a page at the root has its socket at the root of the same host and port', (t) => {
  t.is(socketAddress('http://localhost:8088/'), 'ws://localhost:8088/');
});

test('a page that came over TLS uses wss', (t) => {
  t.is(socketAddress('https://your.host/'), 'wss://your.host/');
});

test('a path prefix belongs to the socket too, the name of the page does not', (t) => {
  t.is(socketAddress('https://your.host/greet/'), 'wss://your.host/greet/');
  t.is(socketAddress('https://your.host/greet/index.html'), 'wss://your.host/greet/');
});

test('query and fragment stay with the page', (t) => {
  t.is(socketAddress('http://localhost/?a=1#b'), 'ws://localhost/');
});

test('another path is taken from the folder of the page', (t) => {
  t.is(socketAddress('https://your.host/greet/chat.html', 'chat'), 'wss://your.host/greet/chat');
});

test('an IPv6 address keeps its brackets', (t) => {
  t.is(socketAddress('http://[::1]:8088/'), 'ws://[::1]:8088/');
});
