import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cephConf } from './ceph-conf.ts'
import { freePort, hasProgram, run, startDaemon, untilTrue } from './daemons.ts'
import type { Daemon } from './daemons.ts'

export type Ceph = {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  stop(): Promise<void>
}

const PROGRAMS = ['monmaptool', 'ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin']

const FOLDERS = ['mon', 'osd', 'run', 'log', 'rgw']

/** Installs all requirements of `startCeph` on Debian and Ubuntu. */
const CEPH_INSTALL_COMMAND =
  'apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common'

export function isCephInstalled(): boolean {
  return PROGRAMS.every(hasProgram)
}

/** The state that a folder needs to start its cluster again. */
type Cluster = {
  readonly fsid: string
  readonly monitorPort: number
  readonly accessKey: string
  readonly secretKey: string
}

/**
 * Starts a real S3 server, Ceph's RADOS gateway, on free loopback ports, without root; takes about fifteen
 * seconds. With `dataDir` the stored objects are kept for the next start; otherwise everything is removed.
 * Throws with the install command if programs are missing.
 */
export async function startCeph(options: { readonly dataDir?: string } = {}): Promise<Ceph> {
  const missing = PROGRAMS.filter((name) => !hasProgram(name))
  if (missing.length > 0)
    throw new Error(`Ceph is not installed (${missing.join(', ')}); run: ${CEPH_INSTALL_COMMAND}`)
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'local-ceph-'))
  const daemons: Daemon[] = []
  const end = async (how: 'stop' | 'kill') => {
    for (const daemon of daemons.toReversed()) await daemon[how]()
    if (options.dataDir === undefined) await rm(folder, { recursive: true, force: true })
  }
  try {
    const { cluster, gatewayPort } = await startAll(folder, daemons)
    return {
      endpoint: `http://127.0.0.1:${gatewayPort}`,
      accessKey: cluster.accessKey,
      secretKey: cluster.secretKey,
      // Data that will be deleted needs no clean shutdown.
      stop: () => end(options.dataDir === undefined ? 'kill' : 'stop'),
    }
  } catch (error) {
    await end('kill')
    throw error
  }
}

async function startAll(
  folder: string,
  daemons: Daemon[],
): Promise<{ cluster: Cluster; gatewayPort: number }> {
  const remembered = join(folder, 'cluster.json')
  const isOld = existsSync(remembered)
  // An interrupted start leaves an unusable cluster; only its own folders are removed.
  for (const name of isOld ? [] : [...FOLDERS, 'monmap']) {
    await rm(join(folder, name), { recursive: true, force: true })
  }
  for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true })
  const cluster = isOld ? (JSON.parse(readFileSync(remembered, 'utf8')) as Cluster) : await newCluster()
  const gatewayPort = await freePort()
  const [classFolder = '/usr/lib/rados-classes'] = globSync('/usr/lib{,/*,64}/rados-classes')
  const conf = join(folder, 'ceph.conf')
  writeFileSync(conf, cephConf({ ...cluster, folder, gatewayPort, classFolder }))
  const env = { ...process.env, CEPH_CONF: conf }
  const start = (name: string, args: readonly string[]) => {
    const daemon = startDaemon(name, args, env, join(folder, 'log', `${name}.out`))
    daemons.push(daemon)
    return daemon
  }

  if (!isOld) await makeMonitor(folder, cluster, env)
  start('ceph-mon', ['-f', '-i', 'a', '--conf', conf])
  if (!isOld) await makeDisk(folder, env)
  const disk = start('ceph-osd', ['-f', '-i', '0', '--conf', conf])
  await untilTrue(
    'ceph-osd',
    async () => (await run('ceph', ['osd', 'stat'], env, 20_000)).includes('1 up'),
    disk,
    60_000,
  )
  if (!isOld) {
    const keys = [`--access-key=${cluster.accessKey}`, `--secret-key=${cluster.secretKey}`]
    const user = ['user', 'create', '--uid=t', '--display-name=t']
    await run('radosgw-admin', ['-n', 'client.rgw.t', ...user, ...keys], env, 120_000)
  }
  const gateway = start('radosgw', ['-f', '-n', 'client.rgw.t', '--conf', conf])
  await untilTrue('radosgw', () => answers(gatewayPort), gateway, 60_000)
  if (!isOld) writeFileSync(remembered, JSON.stringify(cluster))
  return { cluster, gatewayPort }
}

async function newCluster(): Promise<Cluster> {
  return {
    fsid: randomUUID(),
    monitorPort: await freePort(),
    accessKey: `ceph${randomBytes(8).toString('hex')}`,
    secretKey: randomBytes(20).toString('hex'),
  }
}

async function makeMonitor(folder: string, cluster: Cluster, env: NodeJS.ProcessEnv): Promise<void> {
  const map = join(folder, 'monmap')
  const address = `[v2:127.0.0.1:${cluster.monitorPort}]`
  await run('monmaptool', ['--create', '--fsid', cluster.fsid, '--addv', 'a', address, map], env, 20_000)
  await run(
    'ceph-mon',
    ['-i', 'a', '--mkfs', '--monmap', map, '--mon-data', join(folder, 'mon')],
    env,
    20_000,
  )
}

async function makeDisk(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const id = randomUUID()
  await run('ceph', ['osd', 'new', id], env, 60_000)
  await run(
    'ceph-osd',
    ['-i', '0', '--mkfs', '--osd-uuid', id, '--osd-data', join(folder, 'osd')],
    env,
    60_000,
  )
  await run('ceph', ['osd', 'crush', 'add', '0', '1.0', 'host=n', 'root=default'], env, 30_000)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(true))
    })
    request.once('error', () => resolve(false))
  })
}
