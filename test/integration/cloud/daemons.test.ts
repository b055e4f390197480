import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from '../../cloud/ceph/daemons.ts'

test('chooses a free port that the system assigns to nothing else before it is used', async () => {
  const [firstAssigned] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t')
  const port = await freePort()
  expect(port).toBeLessThan(Number(firstAssigned))
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
})
