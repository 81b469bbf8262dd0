import { startSentinel } from '../helpers/redis.ts';
import { until } from '../helpers/until.ts';
import { crowdOf, type Disaster, gather } from './disaster.ts';
import { startDurableRedis, startMachines } from './machines.ts';

/** Two machines on one Redis; without Redis and Nginx they are left out, which is said. */
export const machineDisasters: readonly Disaster[] = [
  {
    id: 'redis',
    title: 'two machines: Redis killed (kill -9) and started again with its file',
    async strike(t, scale) {
      const redis = await startDurableRedis(t);
      const site = redis && (await startMachines(t, redis.port));
      if (!site) return undefined;
      const crowd = await gather(t, site.url, crowdOf(scale));
      for (let i = 0; i < scale.reloads; i++) {
        const blow = Date.now();
        await redis.kill();
        await until(async () => (await site.machines[0].ready()) === 503);
        await redis.restart();
        await crowd.flow();
        await crowd.back(blow);
      }
      return crowd;
    },
  },
  {
    id: 'sentinel',
    title: 'two machines: Sentinel promotes the replica of a killed master',
    async strike(t, scale) {
      const master = await startDurableRedis(t);
      const replica = master && (await startDurableRedis(t, ['--replicaof', `127.0.0.1 ${master.port}`]));
      if (!replica) return undefined;
      await until(async () => (await replica.ask('INFO', 'replication')).includes('master_link_status:up'));
      const sentinel = await startSentinel(t, master);
      const urlOf = (port: number) => `redis+sentinel://127.0.0.1:${port}/mymaster`;
      const site = await startMachines(t, sentinel, urlOf);
      if (!site) return undefined;
      const crowd = await gather(t, site.url, crowdOf(scale));
      const blow = Date.now();
      await master.kill();
      await until(async () => (await replica.ask('ROLE')).includes('master'));
      await crowd.flow();
      await crowd.back(blow);
      return crowd;
    },
  },
  {
    id: 'machine',
    title: 'two machines: one is cut off, and returns',
    async strike(t, scale) {
      const redis = await startDurableRedis(t);
      const site = redis && (await startMachines(t, redis.port));
      if (!site) return undefined;
      const crowd = await gather(t, site.url, crowdOf(scale));
      const [machine] = site.machines;
      const blow = Date.now();
      machine.cut();
      await crowd.flow();
      await crowd.back(blow);
      await until(async () => (await machine.ready()) === 503);
      machine.mend();
      await until(async () => (await machine.ready()) === 200);
      await crowd.flow();
      return crowd;
    },
  },
  {
    id: 'rolling',
    title: 'two machines: each is restarted, one after the other',
    async strike(t, scale) {
      const redis = await startDurableRedis(t);
      const site = redis && (await startMachines(t, redis.port));
      if (!site) return undefined;
      const crowd = await gather(t, site.url, crowdOf(scale));
      for (let i = 0; i < scale.reloads; i++) {
        for (const machine of site.machines) {
          const blow = Date.now();
          await machine.restart();
          await until(async () => (await machine.ready()) === 200);
          await crowd.back(blow);
          await crowd.flow();
        }
      }
      return crowd;
    },
  },
];
