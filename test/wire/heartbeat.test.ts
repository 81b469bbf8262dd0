import { mock } from 'node:test';
import test from 'ava';
import { type Beating, Heartbeat } from '../../src/wire/heartbeat.ts';

mock.timers.enable({ apis: ['setInterval'] });

class Peer implements Beating {
  heard = false;
  beat = 0;
  log: string[] = [];
  readonly answers: boolean;
  constructor(answers: boolean) {
    this.answers = answers;
  }
  sendPing(): void {
    this.log.push('ping');
    this.heard = this.answers;
  }
  onSilence(): void {
    this.log.push('dead');
  }
}

test.serial('pings in each interval for as long as any byte comes', (t) => {
  const heartbeat = new Heartbeat(25_000, 10_000);
  const peer = new Peer(true);
  heartbeat.add(peer);
  mock.timers.tick(24_000);
  t.deepEqual(peer.log, []);
  mock.timers.tick(1_000);
  t.deepEqual(peer.log, ['ping']);
  mock.timers.tick(250_000);
  t.deepEqual(peer.log, Array(11).fill('ping'));
  heartbeat.remove(peer);
});

test.serial('says that a peer is dead when it is silent for the time-out after a ping', (t) => {
  const heartbeat = new Heartbeat(25_000, 10_000);
  const peer = new Peer(false);
  heartbeat.add(peer);
  mock.timers.tick(34_000);
  t.deepEqual(peer.log, ['ping']);
  mock.timers.tick(1_000);
  t.deepEqual(peer.log, ['ping', 'dead']);
  heartbeat.remove(peer);
});

test.serial('looks at each connection by its own time, and no more at one that has left', (t) => {
  const heartbeat = new Heartbeat(10_000, 1_000);
  const [early, late, leaver] = [new Peer(true), new Peer(true), new Peer(true)];
  heartbeat.add(early);
  heartbeat.add(leaver);
  mock.timers.tick(5_000);
  heartbeat.add(late);
  heartbeat.remove(leaver);
  heartbeat.remove(leaver);
  mock.timers.tick(5_000);
  t.deepEqual([early.log.length, late.log.length, leaver.log.length], [1, 0, 0]);
  mock.timers.tick(5_000);
  t.deepEqual([early.log.length, late.log.length, leaver.log.length], [1, 1, 0]);
  heartbeat.remove(early);
  heartbeat.remove(late);
});

test.serial('does nothing when its interval is 0', (t) => {
  const heartbeat = new Heartbeat(0, 10_000);
  const peer = new Peer(false);
  heartbeat.add(peer);
  mock.timers.tick(1_000_000);
  heartbeat.remove(peer);
  t.deepEqual(peer.log, []);
});
